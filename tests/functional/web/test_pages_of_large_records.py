"""An ATS decides how much belongs to a record. However much it is, the pages about it stay small."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from fakes.markup import collapsed
from fakes.showcase import NOW, Showcase

from jemmo.store.models import (
    Application,
    Attachment,
    Job,
    JobLocation,
    JobPosting,
    Note,
    Stage,
    StageEvent,
    Talent,
)
from jemmo.store.records import export, jobs, quality, talent_page

SignedIn = Callable[[str], Client]
MOST = 3


@pytest.fixture
def elodie(showcase: Showcase, monkeypatch: pytest.MonkeyPatch) -> Talent:
    """A talent with many applications, files, and notes, and an application with many moves."""
    for name in ("APPLICATIONS_SHOWN", "FILES_SHOWN", "MOVES_SHOWN", "NOTES_SHOWN"):
        monkeypatch.setattr(talent_page, name, MOST)
    monkeypatch.setattr(export, "MOST_PARTS", MOST)
    talent = showcase.talent("elodie")
    own = {"org": showcase.org, "talent": talent}
    Application.objects.filter(talent=talent).delete()
    Attachment.objects.filter(talent=talent).delete()
    Note.objects.filter(talent=talent).delete()
    for place in range(MOST + 2):
        Attachment.objects.create(**own, remote_id=f"file-{place}", file_name=f"cv-{place}.pdf")
        Note.objects.create(
            **own,
            connection=talent.connection,
            remote_id=f"note-{place}",
            body=f"thought {place}",
            remote_created_at=NOW - timedelta(days=place),
            content_hash=b"",
        )
        application = Application.objects.create(
            **own,
            id=UUID(int=place + 1),
            connection=talent.connection,
            remote_id=f"application-{place}",
            talent_remote_id=talent.remote_id,
            status="ACTIVE",
            source=f"board {place}",
            applied_at=NOW - timedelta(days=place),
            content_hash=b"",
        )
        for days in range(MOST + 2):
            StageEvent.objects.create(
                org=showcase.org,
                application=application,
                to_status="ACTIVE",
                at=NOW - timedelta(days=days),
                origin="OBSERVED",
            )
    return talent


def test_a_talents_page_shows_the_latest_and_counts_the_others(
    elodie: Talent, signed_in: SignedIn
) -> None:
    page = collapsed(signed_in("owner").get(reverse("talent", args=[elodie.id])).content.decode())

    assert re.findall(r"<bdi>board (\d)</bdi>", page) == ["0", "1", "2"]
    assert [part.count("<li>") for part in re.findall(r'<ol class="moves">(.*?)</ol>', page)] == [
        MOST
    ] * MOST
    assert re.findall(r"cv-(\d)\.pdf", page) == ["2", "3", "4"]
    assert re.findall(r"thought (\d)", page) == ["0", "1", "2"]
    assert page.count("and 2 more") == len(("applications", "files", "notes")) + MOST


def test_an_export_has_the_latest_parts_of_a_talent(elodie: Talent, showcase: Showcase) -> None:
    reader = export.Reader(unseal=None)
    [row] = export.exported("talents", showcase.org, reader, [elodie.id])

    assert [part["source"] for part in row["applications"]] == ["board 0", "board 1", "board 2"]
    assert len(row["resumes"]) == MOST


def test_a_jobs_page_shows_its_first_stages(
    showcase: Showcase, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STAGES_SHOWN", MOST)
    job = Job.objects.filter(org=showcase.org, visibility="PUBLIC", excluded_reason=None)[0]
    Stage.objects.filter(job=job).delete()
    for place in reversed(range(MOST + 2)):
        Stage.objects.create(
            org=showcase.org,
            connection=job.connection,
            job=job,
            remote_id=f"stage-{place}",
            name=f"Round {place}",
            position=place,
            content_hash=b"",
        )

    page = signed_in("viewer").get(reverse("job", args=[job.id])).content.decode()

    assert re.findall(r"<bdi>Round (\d)</bdi>", page)[:MOST] == ["0", "1", "2"]
    assert "Round 3" not in page
    assert "and 2 more" in page


def test_a_jobs_page_counts_the_postings_that_it_does_not_show(
    showcase: Showcase, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "POSTINGS_SHOWN", MOST)
    job = Job.objects.filter(org=showcase.org, visibility="PUBLIC", excluded_reason=None)[0]
    JobPosting.objects.filter(job=job).delete()
    for place in range(MOST + 2):
        JobPosting.objects.create(
            org=showcase.org,
            connection=job.connection,
            job=job,
            remote_id=f"posting-{place}",
            title=f"Advertisement {place}",
            status="PUBLISHED",
            content_hash=b"",
        )

    page = signed_in("viewer").get(reverse("job", args=[job.id])).content.decode()

    assert page.count("<bdi>Advertisement ") == MOST
    assert "and 2 more" in page


def test_the_filter_of_jobs_offers_some_places_and_the_chosen_one(
    showcase: Showcase, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job.objects.filter(org=showcase.org, visibility="PUBLIC", excluded_reason=None)[0]
    for place in range(1000):
        JobLocation.objects.create(
            org=showcase.org, job=job, position=100 + place, city=f"A town {place:04}"
        )

    page = signed_in("viewer").get("/jobs/?city=A+town+0999").content.decode()

    offered = re.findall(r'<option value="A town (\d+)"( selected)?>', page)
    assert len(offered) == jobs.OFFERED + 1
    assert offered[-1] == ("0999", " selected")


def test_data_quality_shows_some_of_many_people_with_one_name(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    known = showcase.talent("elodie")
    for place in range(quality.MEMBERS + 5):
        Talent.objects.create(
            org=showcase.org,
            connection=known.connection,
            remote_id=f"namesake-{place:02}",
            first_name="Candidate",
            last_name="Anonymous",
            content_hash=b"",
        )

    page = signed_in("admin").get(reverse("quality")).content.decode()

    assert page.count("namesake-") == quality.MEMBERS
    assert "and 5 more" in page
