"""Previewing and downloading a resume in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from jemmo.home import home
from jemmo.sandbox.files import pdf

if TYPE_CHECKING:
    from fakes.showcase import Showcase

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]
Opens = Callable[..., Page]
WORDS = "Élodie Müller\nIngénieure Kubernetes\n<script>alert(1)</script>"


@pytest.fixture
def resume(showcase: Showcase, database_url: str) -> Any:
    from fakes.kept import keep

    return keep(database_url, showcase.talent("elodie"), pdf(WORDS), home() / "files")


def test_a_recruiter_reads_and_downloads_a_resume(resume: Any, opens: Opens) -> None:
    page = opens(f"/talents/{resume.talent_id}/")
    page.get_by_role("link", name="cv.pdf", exact=True).click()

    page.get_by_role("heading", name="cv.pdf").wait_for()
    region = page.get_by_role("region", name="The text of this file")
    assert "Ingénieure Kubernetes" in region.inner_text()
    assert "<script>alert(1)</script>" in region.inner_text()
    with page.expect_download() as got:
        page.get_by_role("link", name="Download").click()
    assert got.value.suggested_filename == "cv.pdf"
    assert Path(got.value.path()).read_bytes() == pdf(WORDS)


@pytest.mark.sample(1)
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_page_is_readable_on_every_screen(
    resume: Any, opens: Opens, width: int, scheme: str
) -> None:
    page = opens(
        f"/files/{resume.current_version}/",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    page.get_by_role("heading", name="cv.pdf").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
