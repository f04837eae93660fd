"""An admin handles a person's request in a real Chromium, by keyboard, in both themes."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.browsing import apart
from fakes.kept import keep
from fakes.showcase import EMAIL, PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services.accounts import accounts
from jemmo.services.base import retention_policy
from jemmo.store.models import Talent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


@pytest.fixture
def staffed(
    showcase: Showcase, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Showcase:
    """Owners and admins with passwords, and Élodie with a file."""
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    for role in ("owner", "admin"):
        accounts.add_member(showcase.org, f"{role}@acme.example", role, PASSWORD)
    keep(database_url, showcase.talent("elodie"), b"%PDF-1.4\n%a resume", tmp_path / "files")
    return showcase


@pytest.mark.long
def test_a_request_is_answered_in_a_minute(staffed: Showcase, opens: Opens, tmp_path: Path) -> None:
    page = opens("/settings/privacy/", role="admin")
    who = page.get_by_label("Name, email address, phone number, or ATS ID")
    who.focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 record found")).to_be_visible()
    assert EMAIL not in page.url
    page.get_by_role("link", name="Élodie Müller").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Élodie Müller")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the data").click()
    taken.value.save_as(tmp_path / "about.zip")
    with zipfile.ZipFile(tmp_path / "about.zip") as archive:
        assert {"data.json", "index.html"} <= set(archive.namelist())

    page.get_by_role("button", name="Erase…").click()
    expect(page.get_by_text("This can't be undone.")).to_be_visible()
    page.get_by_label("To confirm, type: Élodie Müller").focus()
    page.keyboard.type("Élodie Müller")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    expect(
        page.get_by_text(
            "This certificate was issued by this installation and hasn't been altered."
        )
    ).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Settings")).to_be_hidden()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print").click()
    assert page.title() == "printed"
    assert not apart(Talent.objects.filter(remote_id="elodie").exists)


@pytest.fixture
def quiet(staffed: Showcase) -> Showcase:
    """Élodie has been inactive for years, and there are no other talents to review."""
    Talent.objects.filter(org=staffed.org).exclude(remote_id="elodie").update(
        anonymised_at="2026-01-01T00:00Z"
    )
    Talent.objects.filter(remote_id="elodie").update(
        remote_updated_at="2020-01-01T00:00Z", created_at="2020-01-01T00:00Z"
    )
    staffed.talent("elodie").applications.update(
        applied_at=None, stage_entered_at="2020-02-01T00:00Z", remote_updated_at=None
    )
    return staffed


@pytest.mark.long
def test_a_rule_is_previewed_and_saved(quiet: Showcase, opens: Opens) -> None:
    page = opens("/settings/privacy/retention/", role="admin")
    page.get_by_label("Erase a person's data after this many months of inactivity").fill("24")
    page.get_by_role("button", name="Preview").click()

    expect(
        page.get_by_role("heading", name="1 of 1 people would have their data erased")
    ).to_be_visible()
    page.get_by_text("People, starting with those inactive the longest").click()
    expect(page.get_by_role("link", name="Élodie Müller")).to_be_visible()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The rules are applied every night.")).to_be_visible()
    apart(quiet.org.refresh_from_db)
    assert retention_policy.retention_policy_of(quiet.org).idle_months == 24
    assert apart(Talent.objects.filter(remote_id="elodie").exists)


@pytest.mark.long
def test_a_talent_is_marked_as_not_to_be_contacted(staffed: Showcase, opens: Opens) -> None:
    path = f"/talents/{apart(lambda: staffed.talent('elodie')).id}/"
    page = opens(path, role="recruiter")
    expect(page.get_by_role("link", name=EMAIL)).to_be_visible()
    page.get_by_role("link", name="Do not contact…").click()
    page.get_by_label("Reason").fill("She said so on the phone.")
    page.get_by_role("button", name="Do not contact").click()

    expect(page.get_by_text("Saved. This person is marked as “Do not contact”.")).to_be_visible()
    expect(page.get_by_text("She said so on the phone.")).to_be_visible()
    expect(page.get_by_text(EMAIL)).to_have_count(0)
    expect(page.get_by_role("button", name="Show anyway")).to_have_count(0)
    admin = opens(path, role="admin")
    admin.get_by_role("button", name="Show anyway").click()
    expect(admin.get_by_role("link", name=EMAIL)).to_be_visible()
    admin.goto("/settings/privacy/access/")
    expect(admin.get_by_role("cell", name="Revealed hidden contact details")).to_be_visible()
    admin.get_by_label("Type").select_option("not_to_contact")
    expect(admin.locator("#results tbody tr")).to_have_count(1)


@pytest.mark.long
def test_the_deletion_of_an_organization_is_undone(staffed: Showcase, opens: Opens) -> None:
    page = opens("/settings/privacy/organisation/", role="owner")
    page.get_by_label("To confirm, type: acme").fill("acme")
    page.get_by_role("button", name="Delete the organization").click()
    expect(page.get_by_role("heading", name="This organization will be deleted")).to_be_visible()
    page.goto("/jobs/")
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo and keep the organization").click()
    expect(page.get_by_text("The deletion was canceled.")).to_be_visible()
    page.goto("/jobs/")
    expect(page.get_by_text("Until then, its syncs are paused")).to_have_count(0)
