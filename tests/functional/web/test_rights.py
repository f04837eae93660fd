"""What a person sees: by role, by organisation, and never what a rule leaves out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from fakes.showcase import EMAIL, PHONE, Showcase

from jemmo.store.models import Job, SyncRun, Talent

SignedIn = Callable[[str], Client]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("role", ["owner", "admin", "recruiter"])
def test_who_recruits_sees_contact_details(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    page = text(signed_in(role), f"/talents/{showcase.talent('elodie').id}/")

    assert EMAIL in page
    assert PHONE in page


def test_a_viewer_sees_them_nowhere(showcase: Showcase, viewer: Client) -> None:
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
    assert "hidden for your role" in pages[0]
    for page in pages:
        assert EMAIL not in page
        assert PHONE not in page
        assert "mailto:" not in page


def test_a_whole_address_finds_its_person_for_who_may_see_it(
    recruiter: Client, viewer: Client
) -> None:
    assert "Müller" in text(recruiter, f"/talents/?q={EMAIL}")
    assert "Müller" not in text(recruiter, f"/talents/?q={EMAIL.partition('@')[2]}")
    assert "Müller" not in text(viewer, f"/talents/?q={EMAIL}")


def test_records_of_another_organisation_are_not_there(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    mine = (
        f"/jobs/{showcase.job('dev').id}/",
        f"/talents/{showcase.talent('elodie').id}/",
        f"/settings/ats/runs/{showcase.run().id}/",
    )
    theirs = (
        f"/jobs/{Job.objects.get(org=showcase.stranger).id}/",
        f"/talents/{Talent.objects.get(org=showcase.stranger).id}/",
        f"/settings/ats/runs/{SyncRun.objects.get(connection__org=showcase.stranger).id}/",
    )
    recruiter, outsider = signed_in("recruiter"), signed_in("outsider")

    assert [recruiter.get(path).status_code for path in mine + theirs] == [200] * 3 + [404] * 3
    assert [outsider.get(path).status_code for path in mine + theirs] == [404] * 3 + [200] * 3


@pytest.mark.parametrize("path", ["/jobs/", "/talents/", "/settings/ats/"])
def test_lists_hold_the_own_organisation_alone(
    showcase: Showcase, signed_in: SignedIn, path: str
) -> None:
    mine, theirs = text(signed_in("recruiter"), path), text(signed_in("outsider"), path)

    assert "Globex" not in mine
    for own in ("Engineering", "Müller", str(showcase.run().id)):
        assert own not in theirs


def test_what_a_rule_leaves_out_is_neither_listed_nor_shown(
    showcase: Showcase, recruiter: Client
) -> None:
    talents = [showcase.talent("archived"), showcase.talent("idle")]
    jobs = [showcase.job("archived"), showcase.job("draft")]
    assert all(getattr(one, "excluded_reason", None) for one in (*talents, *jobs))

    paths = [f"/talents/{one.id}/" for one in talents] + [f"/jobs/{one.id}/" for one in jobs]
    assert {recruiter.get(path).status_code for path in paths} == {404}
    listed = text(recruiter, "/jobs/") + text(recruiter, "/jobs/?q=secret")
    assert "Secret" not in listed
    assert "Nice" not in listed
    for query in ("idle", "hidden"):
        assert "0 talents" in text(recruiter, f"/talents/?q={query}")
    assert "Hidden" not in text(recruiter, f"/jobs/{showcase.job('dev').id}/")


def test_what_was_deleted_in_the_ats_is_not_shown(showcase: Showcase, recruiter: Client) -> None:
    elodie, job = showcase.talent("elodie"), showcase.job("dev")
    Talent.objects.filter(id=elodie.id).update(remote_deleted_at=elodie.modified_at)
    Job.objects.filter(id=job.id).update(remote_deleted_at=job.modified_at)

    assert recruiter.get(f"/talents/{elodie.id}/").status_code == 404
    assert recruiter.get(f"/jobs/{job.id}/").status_code == 404
    assert "Müller" not in text(recruiter, "/talents/")
    assert "Développeuse" not in text(recruiter, "/jobs/")
