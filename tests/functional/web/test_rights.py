"""What a person sees, by role, organization, and exclusion rules."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from fakes.markup import collapsed
from fakes.showcase import EMAIL, PHONE, Showcase

from jemmo.services.records import rules
from jemmo.store.models import Job, Organisation, SyncRun, Talent

SignedIn = Callable[[str], Client]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("role", ["owner", "admin", "recruiter"])
def test_recruiters_see_contact_details(showcase: Showcase, signed_in: SignedIn, role: str) -> None:
    page = text(signed_in(role), f"/talents/{showcase.talent('elodie').id}/")

    assert EMAIL in page
    assert PHONE in page


def test_viewers_never_see_contact_details(showcase: Showcase, viewer: Client) -> None:
    elodie, job = showcase.talent("elodie").id, showcase.job("dev").id
    pages = [
        text(viewer, path)
        for path in (
            f"/talents/{elodie}/",
            "/talents/",
            "/talents/?q=elodie",
            f"/jobs/{job}/",
            "/jobs/",
        )
    ]

    assert "Müller" in pages[0]
    assert "access to contact details" in pages[0]
    for page in pages:
        assert EMAIL not in page
        assert PHONE not in page
        assert "mailto:" not in page


def test_a_complete_address_finds_its_person_for_authorized_readers(
    recruiter: Client, viewer: Client
) -> None:
    assert "Müller" in text(recruiter, f"/talents/?q={EMAIL}")
    assert "Müller" not in text(recruiter, f"/talents/?q={EMAIL.partition('@')[2]}")
    assert "Müller" not in text(viewer, f"/talents/?q={EMAIL}")


def test_records_of_another_organization_are_invisible(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    mine = (
        f"/jobs/{showcase.job('dev').id}/",
        f"/talents/{showcase.talent('elodie').id}/",
        f"/settings/organization/ats/runs/{showcase.run().id}/",
    )
    theirs = (
        f"/jobs/{Job.objects.get(org=showcase.stranger).id}/",
        f"/talents/{Talent.objects.get(org=showcase.stranger).id}/",
        f"/settings/organization/ats/runs/{SyncRun.objects.get(connection__org=showcase.stranger).id}/",
    )
    recruiter, outsider = signed_in("recruiter"), signed_in("outsider")

    assert [recruiter.get(path).status_code for path in mine + theirs] == [200] * 3 + [404] * 3
    assert [outsider.get(path).status_code for path in mine + theirs] == [404] * 3 + [200] * 3


@pytest.mark.parametrize("path", ["/jobs/", "/talents/", "/settings/organization/ats/"])
def test_lists_contain_only_the_own_organization(
    showcase: Showcase, signed_in: SignedIn, path: str
) -> None:
    mine, theirs = text(signed_in("recruiter"), path), text(signed_in("outsider"), path)

    assert "Globex" not in mine
    for own in ("Engineering", "Müller", str(showcase.run().id)):
        assert own not in theirs


def test_excluded_records_are_not_listed(showcase: Showcase, recruiter: Client) -> None:
    talents = [showcase.talent("archived"), showcase.talent("idle")]
    jobs = [showcase.job("archived"), showcase.job("draft")]
    assert all(getattr(one, "excluded_reason", None) for one in (*talents, *jobs))

    listed = text(recruiter, "/jobs/") + text(recruiter, "/jobs/?q=secret")
    assert "Secret" not in listed
    assert "Nice" not in listed
    for query in ("idle", "hidden"):
        assert "0 talents" in text(recruiter, f"/talents/?q={query}")
    assert "Hidden" not in text(recruiter, f"/jobs/{showcase.job('dev').id}/")


@pytest.mark.parametrize(
    ("kind", "key", "reason", "words"),
    [
        ("talents", "archived", "talent_archived", "This person is archived in the ATS"),
        ("talents", "idle", "no_active_application", "was not hired recently"),
        ("jobs", "archived", "job_archived", "This job is archived in the ATS"),
        ("jobs", "draft", "job_draft", "This job is a draft in the ATS"),
    ],
)
def test_the_page_of_an_excluded_record_says_why_and_who_can_change_it(
    showcase: Showcase, signed_in: SignedIn, kind: str, key: str, reason: str, words: str
) -> None:
    record = showcase.job(key) if kind == "jobs" else showcase.talent(key)
    address = reverse("ats_rules")
    for role in ("owner", "admin", "recruiter", "viewer"):
        page = text(signed_in(role), f"/{kind}/{record.id}/")
        assert f'data-excluded="{reason}"' in page
        assert words in page
        manages = role in ("owner", "admin")
        assert (f'<a href="{address}">Change the rules' in page) is manages
        assert ("Owners and admins can change this rule." in page) is not manages
    assert signed_in("outsider").get(f"/{kind}/{record.id}/").status_code == 404
    other = showcase.job("dev") if kind == "jobs" else showcase.talent("elodie")
    assert "data-excluded" not in text(signed_in("viewer"), f"/{kind}/{other.id}/")


def test_why_leads_to_the_page_of_an_excluded_record(showcase: Showcase, viewer: Client) -> None:
    page = text(viewer, f"{reverse('why')}?q=idle")

    assert f'href="/talents/{showcase.talent("idle").id}/"' in page


def test_contact_details_of_an_excluded_talent_follow_the_role(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    Talent.objects.filter(remote_id="elodie").update(excluded_reason="no_active_application")
    path = f"/talents/{showcase.talent('elodie').id}/"

    assert EMAIL in text(signed_in("recruiter"), path)
    assert EMAIL not in text(signed_in("viewer"), path)
    Talent.objects.filter(remote_id="elodie").update(consent_state="WITHDRAWN")
    assert EMAIL not in text(signed_in("recruiter"), path)


def test_rules_are_previewed_before_they_are_saved(showcase: Showcase, signed_in: SignedIn) -> None:
    owner = signed_in("owner")
    form = {"seen": rules.rules_fingerprint(showcase.org), "job_archived": "on", "hired_days": "30"}

    answer = owner.post(reverse("ats_rules"), {**form, "preview": "1"})
    page = collapsed(answer.content.decode())
    numbers = re.findall(r"<dd>([\d,]+)</dd>", page.split("data-preview")[1])
    assert numbers[:4] == ["1", "0", "2", "0"]
    assert "Secret draft" not in text(owner, "/jobs/")
    assert owner.post(reverse("ats_rules"), form).status_code == 302
    assert "Secret draft" in text(owner, "/jobs/")
    assert rules.rules_of(Organisation.objects.get(id=showcase.org.id)).hired_days == 30
    wrong = owner.post(reverse("ats_rules"), {**form, "hired_days": "99999"})
    assert wrong.status_code == 200


def test_records_deleted_in_the_ats_are_not_shown(showcase: Showcase, recruiter: Client) -> None:
    elodie, job = showcase.talent("elodie"), showcase.job("dev")
    Talent.objects.filter(id=elodie.id).update(remote_deleted_at=elodie.modified_at)
    Job.objects.filter(id=job.id).update(remote_deleted_at=job.modified_at)

    for path, name in ((f"/talents/{elodie.id}/", "Müller"), (f"/jobs/{job.id}/", "Développeuse")):
        answer = recruiter.get(path)
        assert answer.status_code == 410
        assert name not in answer.content.decode()
    assert "Müller" not in text(recruiter, "/talents/")
    assert "Développeuse" not in text(recruiter, "/jobs/")
