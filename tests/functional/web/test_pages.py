"""Every page escapes texts, sets a content policy, and follows the reader's preferences."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from fakes.markup import collapsed
from fakes.showcase import Showcase

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def paths(showcase: Showcase) -> list[str]:
    return [
        "/jobs/",
        f"/jobs/{showcase.job('dev').id}/",
        "/talents/",
        f"/talents/{showcase.talent('elodie').id}/",
        f"/talents/{showcase.talent('markup').id}/",
        "/settings/organization/ats/",
        f"/settings/organization/ats/runs/{showcase.run().id}/",
        "/status/",
    ]


def test_markup_in_names_is_escaped(showcase: Showcase, recruiter: Client) -> None:
    for path in (
        f"/talents/{showcase.talent('markup').id}/",
        f"/jobs/{showcase.job('dev').id}/",
    ):
        page = recruiter.get(path).content.decode()
        assert "&lt;script&gt;alert(&quot;name&quot;)&lt;/script&gt;" in page
        for raw in ("<script>alert", "<b>bold", "<i>tag"):
            assert raw not in page


def test_descriptions_keep_only_formatting(showcase: Showcase, recruiter: Client) -> None:
    page = recruiter.get(f"/jobs/{showcase.job('dev').id}/").content.decode()

    assert "<p>Ship <strong>features</strong></p>" in page
    assert '<a href="https://acme.example" rel="noopener noreferrer nofollow">good</a>' in page
    for raw in ("onclick", "onerror", "<iframe", 'alert("job")', "javascript:"):
        assert raw not in page


def test_every_page_has_a_policy_without_inline_code(showcase: Showcase, recruiter: Client) -> None:
    for path in [*paths(showcase), "/nowhere/", "/accounts/login/", "/healthz"]:
        answer = recruiter.get(path)
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY" or path == "/healthz"
        found = INLINE.search(answer.content.decode())
        assert found is None, (path, found)


def test_a_missing_page_says_so(recruiter: Client) -> None:
    answer = recruiter.get("/nowhere/")

    assert answer.status_code == 404
    assert "This page doesn't exist" in answer.content.decode()


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_remembered(recruiter: Client, theme: str) -> None:
    answer = recruiter.post("/preferences/theme/", {"theme": theme, "next": "/talents/?q=a"})

    assert answer["Location"] == "/talents/?q=a"
    assert f'data-theme="{theme}"' in recruiter.get("/jobs/").content.decode()


def test_invalid_themes_and_redirects_are_ignored(recruiter: Client) -> None:
    answer = recruiter.post(
        "/preferences/theme/", {"theme": '"><script>', "next": "https://evil.example/"}
    )

    assert answer["Location"] == "/"
    assert "theme" not in answer.cookies
    recruiter.cookies["theme"] = "neon"
    assert 'data-theme="system"' in recruiter.get("/jobs/").content.decode()
    assert recruiter.get("/preferences/theme/").status_code == 405


def test_the_language_is_remembered(showcase: Showcase, recruiter: Client) -> None:
    recruiter.post("/i18n/setlang/", {"language": "fr", "next": "/jobs/"})

    page = recruiter.get("/jobs/").content.decode()
    assert '<html lang="fr"' in page
    assert "Rechercher un poste" in page
    assert "3 postes" in page
    for path in paths(showcase):
        assert recruiter.get(path).status_code == 200
    recruiter.post("/i18n/setlang/", {"language": "en", "next": "/jobs/"})
    assert "Search jobs" in recruiter.get("/jobs/").content.decode()


def test_the_language_of_the_browser_is_followed(recruiter: Client) -> None:
    page = recruiter.get("/talents/", headers={"Accept-Language": "fr-FR,fr;q=0.9"})

    assert "Rechercher un talent" in page.content.decode()
    assert page["Content-Language"] == "fr"


def test_a_sync_shows_what_it_did(showcase: Showcase, recruiter: Client) -> None:
    run = showcase.run()
    assert (
        f"/settings/organization/ats/runs/{run.id}/"
        in recruiter.get("/settings/organization/ats/").content.decode()
    )

    page = collapsed(recruiter.get(f"/settings/organization/ats/runs/{run.id}/").content.decode())
    for stream in ("Jobs", "Talents", "Applications"):
        assert f'<th scope="row">{stream}</th>' in page
