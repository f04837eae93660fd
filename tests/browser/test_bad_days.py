"""Everyday problems: expired sessions, double clicks, two people acting at once, odd values from an ATS."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from fakes.showcase import PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services.accounts import accounts
from jemmo.store.models import (
    Application,
    AtsUser,
    Connection,
    Department,
    Job,
    JobLocation,
    Stage,
    Talent,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
MARKUP = """"'><img src="x" onerror="window.hurt=1"><script>window.hurt=1</script>{{ 7|add:7 }}"""
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 286  # 10,010 letters
ARABIC, HEBREW = "ليلى الحكيم", "מהנדסת תוכנה"
KEPT = {"remote_id", "content_hash", "status", "visibility", "employment_type", "remote_policy"}
KEPT |= {"excluded_reason", "category", "origin", "consent_state", "country_code", "language"}
KEPT |= {"department_remote_id", "job_remote_id", "talent_remote_id", "stage_remote_id"}
KEPT |= {"recruiter_remote_id", "reject_reason_remote_id", "rejected_by", "role"}
FARTHEST = """() => [...document.querySelectorAll("main *")].filter(one => !one.closest(".scroll, .subnav"))
    .reduce((far, one) => one.getBoundingClientRect().right > far.getBoundingClientRect().right ? one : far)
    .outerHTML.slice(0, 120)"""
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture
def staff(showcase: Showcase) -> Showcase:
    for role in ("owner", "admin"):
        accounts.add_member(showcase.org, f"{role}@acme.example", role, PASSWORD)
    return showcase


@pytest.fixture
def card(staff: Showcase) -> str:
    return f"/settings/organization/ats/{staff.run().connection_id}/"


@pytest.fixture
def person(staff: Showcase) -> str:
    return f"/settings/privacy/people/{staff.talent('elodie').id}/"


def fill(showcase: Showcase, text: str) -> list[str]:
    """Put a text into every field that an ATS fills in for a job and a talent; return the pages that show it."""
    for model in (Department, AtsUser, Stage, Job, Talent, Application):
        names = [
            field.name
            for field in model._meta.concrete_fields
            if field.get_internal_type() in ("TextField", "CharField") and field.name not in KEPT
        ]
        model.objects.filter(org=showcase.org).update(**dict.fromkeys(names, text))
    JobLocation.objects.filter(job__org=showcase.org).update(city=text, raw=text, region=text)
    extra = {"x": {"type": "text", "label": text, "value": text}}
    for record in (Job, Talent):
        record.objects.filter(org=showcase.org).update(tags=[text[:200]], custom_fields=extra)
    Connection.objects.filter(org=showcase.org).update(label=text[:200], account_name=text[:200])
    found = Talent.objects.get(org=showcase.org, remote_id="elodie")
    job = Job.objects.get(org=showcase.org, remote_id="dev")
    connection = Connection.objects.get(org=showcase.org).id
    return [
        *("/jobs/", "/talents/", f"/jobs/{job.id}/", f"/talents/{found.id}/"),
        *(
            "/settings/organization/ats/",
            f"/settings/organization/ats/{connection}/",
            "/settings/logs/",
        ),
        *("/settings/why/?q=elodie", "/notifications/"),
    ]


@pytest.fixture
def hostile(staff: Showcase) -> list[str]:
    return fill(staff, MARKUP)


@pytest.fixture
def endless(staff: Showcase) -> list[str]:
    return fill(staff, LONG)


@pytest.fixture
def leftward(staff: Showcase) -> dict[str, str]:
    elodie = staff.talent("elodie")
    Talent.objects.filter(id=elodie.id).update(
        first_name=ARABIC.split(maxsplit=1)[0], last_name=ARABIC.split()[1], headline=HEBREW
    )
    return {"talent": f"/talents/{elodie.id}/", "job": f"/jobs/{staff.job('dev').id}/"}


@pytest.mark.long
def test_a_session_that_ended_leads_back_after_signing_in(card: str, opens: Opens) -> None:
    page = opens(card, role="admin")
    page.context.clear_cookies(name="jemmo")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("admin@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Pause")).to_be_visible()  # the question is shown again
    page.get_by_role("button", name="Pause").click()
    expect(
        page.get_by_text("Paused. No syncs will start until you resume the connection.")
    ).to_be_visible()

    page.goto("/talents/")
    page.context.clear_cookies(name="jemmo")
    page.get_by_role("searchbox").fill("elodie")  # a partial request also leads to sign-in
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.long
def test_a_double_click_submits_once(card: str, opens: Opens) -> None:
    page = opens(card, role="admin")
    page.get_by_role("button", name="Pause").dblclick()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator(".messages li")).to_have_count(1)

    page.goto("/settings/members/")
    page.get_by_label("Email address").fill("twice@acme.example")
    page.get_by_label("Role", exact=True).select_option("viewer")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    page.get_by_role("button", name="Send the invitation").dblclick()
    expect(page.get_by_label("Link for twice@acme.example")).to_have_count(1)
    assert len(asked) == 1


@pytest.mark.long
def test_forms_can_be_resubmitted_after_going_back_and_after_a_download(
    person: str, opens: Opens
) -> None:
    page = opens("/settings/members/", role="owner")
    for one in ("one", "two"):
        page.get_by_label("Email address").fill(f"{one}@acme.example")
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.get_by_label(f"Link for {one}@acme.example")).to_have_count(1)
        page.go_back()

    page.goto(person)
    for _ in range(2):
        with page.expect_download():
            page.get_by_role("button", name="Download the data").click()


@pytest.mark.long
def test_the_second_of_two_admins_gets_a_warning(card: str, opens: Opens) -> None:
    one, other = (opens(f"{card}edit/", role=role) for role in ("owner", "admin"))
    one.get_by_label("Connection name").fill("Ours")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_text("Saved.")).to_be_visible()

    other.get_by_label("Hours between syncs").fill("3")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("Someone else made a change in the meantime")
    other.goto(f"{card}edit/")
    expect(other.get_by_label("Connection name")).to_have_value("Ours")


@pytest.mark.long
def test_data_of_another_organization_is_invisible(
    staff: Showcase, opens_foreign: list[str], opens: Opens
) -> None:
    page = opens("/jobs/", role="owner")
    answers = {path: page.context.request.get(path) for path in opens_foreign}

    assert {path: one.status for path, one in answers.items() if one.status != 404} == {}
    assert not [path for path, one in answers.items() if "Globex" in one.text()]


@pytest.fixture
def opens_foreign(staff: Showcase) -> list[str]:
    org = staff.stranger
    connection = Connection.objects.get(org=org)
    parts = ("", "card/", "plan/", "test/", "key/", "edit/", "disconnect/", "webhooks/", "pause/")
    return [
        f"/jobs/{Job.objects.get(org=org).id}/",
        f"/talents/{Talent.objects.get(org=org).id}/",
        f"/settings/organization/ats/runs/{connection.runs.get().id}/",
        *(f"/settings/organization/ats/{connection.id}/{part}" for part in parts),
    ]


def test_markup_from_an_ats_is_escaped_everywhere(hostile: list[str], opens: Opens) -> None:
    page = opens("/jobs/", role="admin")
    hurt: list[Any] = []
    for path in hostile:
        page.goto(path)
        hurt += [
            (path, found)
            for found in page.evaluate(
                "[window.hurt, document.querySelectorAll('img[src=x], [onerror]').length,"
                " [...document.scripts].filter(one => !one.src).length]"
            )
            if found
        ]
        assert "14" not in page.locator("h1").inner_text()
    assert hurt == []


@pytest.mark.long
def test_endless_names_break_no_page(endless: list[str], opens: Opens) -> None:
    page = opens("/jobs/", role="admin")
    wide: list[str] = []
    for path in endless:
        page.goto(path)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            content, screen = page.evaluate(WIDTHS)
            if content > screen:
                culprit = page.evaluate(FARTHEST)
                wide.append(f"{path} at {width}: {content}, for {culprit}")
    assert not wide, "\n".join(wide)


@pytest.mark.long
def test_right_to_left_names_do_not_disturb_their_surroundings(
    leftward: dict[str, str], opens: Opens
) -> None:
    page = opens(leftward["talent"])
    expect(page.get_by_role("heading", level=1)).to_have_text(ARABIC)
    expect(page.locator("h1 bdi")).to_have_text(ARABIC)
    page.goto(leftward["job"])
    row = page.get_by_role("row").filter(has_text=ARABIC)
    name, stage = row.locator("td").nth(0), row.locator("td").nth(1)
    before, after = name.bounding_box(), stage.bounding_box()
    assert before
    assert after
    assert before["x"] + before["width"] <= after["x"] + 1
    page.goto("/talents/")
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_role("heading", name=re.compile("Nothing matches"))).to_be_visible()
