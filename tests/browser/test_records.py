"""Lists, jobs and talents as a recruiter sees them, the state in the URL, and what a viewer doesn't see."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fakes.showcase import EMAIL, NOW, PASSWORD, PHONE, Showcase
from playwright.sync_api import Page, Route, expect

from jemmo.home import home
from jemmo.sandbox.files import pdf
from jemmo.services.accounts import accounts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


@pytest.fixture
def story(showcase: Showcase, database_url: str) -> dict[str, str]:
    """Élodie's stage history and stored resume; a viewer with a password."""
    from fakes.kept import keep

    from jemmo.store.models import Application, StageEvent

    elodie = showcase.talent("elodie")
    keep(database_url, elodie, pdf("Élodie Müller, Kubernetes"), home() / "files")
    application = Application.objects.get(org=showcase.org, remote_id="of-elodie")
    for days, before, after in ((1, None, "new"), (3, "new", "talk")):
        StageEvent.objects.create(
            org=showcase.org,
            application=application,
            from_stage_remote_id=before,
            to_stage_remote_id=after,
            at=NOW + timedelta(days=days),
            origin="OBSERVED",
        )
    accounts.add_member(showcase.org, "viewer@acme.example", "viewer", PASSWORD)
    return {"talent": f"/talents/{elodie.id}/", "job": f"/jobs/{showcase.job('dev').id}/"}


def rows(page: Page) -> Any:
    return page.locator("#results tbody tr")


@pytest.mark.long
def test_sorting_filters_and_pages_are_kept_in_the_url(showcase: Showcase, opens: Opens) -> None:
    page = opens("/talents/")
    page.get_by_role("link", name="Name").click()
    expect(page).to_have_url(re.compile(r"[?&]sort=name"))
    page.get_by_label("Stage").select_option("New")
    expect(page.locator("#count")).to_have_text("61 talents")
    expect(page).to_have_url(re.compile(r"sort=name.*stage=NEW|stage=NEW.*sort=name"))
    page.get_by_role("link", name="Next").click()
    expect(rows(page)).to_have_count(11)
    first = rows(page).first.inner_text()

    page.reload()
    expect(rows(page).first).to_have_text(first, use_inner_text=True)
    expect(page.get_by_label("Stage")).to_have_value("NEW")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    shared = page.context.new_page()
    shared.goto(page.url)
    expect(rows(shared).first).to_have_text(first, use_inner_text=True)
    page.get_by_role("link", name="Previous").click()
    expect(rows(page)).to_have_count(50)
    page.get_by_role("link", name="Name").click()  # a second click reverses the order
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.go_back()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )


@pytest.mark.long
def test_jobs_are_filtered_and_sorted(showcase: Showcase, opens: Opens) -> None:
    page = opens("/jobs/")
    page.get_by_label("Department").select_option("Sales")
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Status").select_option("Closed")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Zookeeper")
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page).to_have_url(
        re.compile("/jobs/$")
    )  # otherwise the choice is made on the previous page
    page.get_by_label("Location").select_option("Lyon")
    expect(rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile("city=Lyon"))


@pytest.mark.long
def test_a_filter_chosen_before_the_page_is_ready_is_applied(
    showcase: Showcase, opens: Opens
) -> None:
    page = opens("/jobs/")
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    page.goto("/jobs/", wait_until="commit")
    page.get_by_label("Department").select_option("Sales")
    while not held:
        page.evaluate("1")  # lets the request event arrive
    held[0].continue_()
    expect(rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile("department=Sales"))


@pytest.mark.long
def test_a_job_s_pipeline_counts_and_narrows(story: dict[str, str], opens: Opens) -> None:
    page = opens(story["job"])
    pipeline = page.locator(".pipeline")
    expect(pipeline.get_by_role("listitem")).to_have_text(
        [re.compile("61.*Inbox", re.DOTALL), re.compile("1.*Talk", re.DOTALL)]
    )
    expect(page.get_by_text("€40,000–50,000 a year")).to_be_visible()
    expect(page.get_by_text("Source")).to_be_visible()

    pipeline.get_by_role("link").filter(has_text="Talk").click()
    people = page.locator("#content tbody tr")
    expect(people).to_have_count(1)
    expect(people).to_contain_text("Élodie Müller")
    page.get_by_role("link", name="All stages").click()
    expect(people).to_have_count(62)
    page.locator("summary", has_text="Description").click()
    expect(page.locator(".prose").first).to_contain_text("Ship features")


def test_a_talents_history_is_a_timeline(story: dict[str, str], opens: Opens) -> None:
    page = opens(story["talent"])
    timeline = page.locator(".timeline")
    expect(timeline).to_contain_text("Développeuse full-stack")
    expect(timeline).to_contain_text("Talk")
    moves = timeline.locator(".moves").get_by_role("listitem")
    expect(moves).to_have_count(2)
    expect(moves.first).to_have_text(re.compile(r"Inbox\s*→\s*Talk"))
    expect(moves.last).to_contain_text("Inbox")
    expect(moves.last).not_to_contain_text("→")
    expect(page.get_by_role("link", name=EMAIL)).to_have_attribute("href", f"mailto:{EMAIL}")
    expect(page.get_by_text(PHONE)).to_be_visible()

    timeline.get_by_role("link", name="Développeuse full-stack").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Développeuse full-stack")


@pytest.mark.long
def test_a_viewer_sees_no_contact_details_and_no_files(story: dict[str, str], opens: Opens) -> None:
    recruiter = opens(story["talent"])
    resume = recruiter.get_by_role("link", name="cv.pdf", exact=True).get_attribute("href")
    assert resume
    viewer = opens(story["talent"], role="viewer")

    expect(
        viewer.get_by_text("Your role doesn't give you access to contact details.")
    ).to_be_visible()
    expect(viewer.get_by_text("cv.pdf")).to_be_visible()
    expect(viewer.get_by_role("link", name="cv.pdf")).to_have_count(0)
    expect(viewer.get_by_role("link", name="Download")).to_have_count(0)
    assert EMAIL not in viewer.content()
    assert PHONE not in viewer.content()
    for address in (resume, f"{resume}download/"):
        assert viewer.context.request.get(address).status == 403
    viewer.goto("/talents/?q=elodie.private")
    expect(rows(viewer)).to_have_count(0)
