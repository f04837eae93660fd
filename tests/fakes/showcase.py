"""Two example companies: one with talents, jobs and members of every role, and an unrelated one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fakes.company import company, in_thread
from fakes.running import run_source
from fakes.source import SPECS, FakeSource

from jemmo.domain.enums import (
    ApplicationStatus,
    CompensationPeriod,
    ContactKind,
    JobStatus,
    JobVisibility,
    PostingStatus,
    StageCategory,
)
from jemmo.domain.records import (
    Application,
    Attachment,
    Compensation,
    Contact,
    Department,
    Job,
    Location,
    Note,
    Posting,
    Record,
    Stage,
    Talent,
)
from jemmo.domain.streams import Stream, StreamSpec
from jemmo.services.accounts import accounts
from jemmo.store import models

EMAIL = "elodie.private@mail.example"
PHONE = "+33 6 12 34 56 78"
PASSWORD = "correct horse battery"
MARKUP_NAME = '<script>alert("name")</script>'
DESCRIPTION = (
    '<p onclick="steal()">Ship <strong>features</strong></p><script>alert("job")</script>'
    '<a href="javascript:alert(1)">bad</a> <a href="https://acme.example">good</a>'
    '<img src="x" onerror="alert(1)"><iframe src="https://evil.example"></iframe>'
)
FILLERS = 60
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Showcase:
    """The showcase's objects by name; the first company's records are looked up by remote id."""

    org: models.Organisation
    stranger: models.Organisation

    def job(self, remote_id: str) -> models.Job:
        return models.Job.objects.get(org=self.org, remote_id=remote_id)

    def talent(self, remote_id: str) -> models.Talent:
        return models.Talent.objects.get(org=self.org, remote_id=remote_id)

    def run(self) -> models.SyncRun:
        return models.SyncRun.objects.get(connection__org=self.org)

    def person(self, role: str) -> models.Account:
        return models.Account.objects.get(email=f"{role}@acme.example")


def fill(database_url: str) -> None:
    """Sync both companies from memory through the real pipeline, and add their members."""
    asyncio.run(_fill(database_url))
    org = models.Organisation.objects.get(slug="acme")
    stranger = models.Organisation.objects.get(slug="globex")
    for role in ("owner", "admin", "recruiter", "viewer"):
        password = PASSWORD if role == "recruiter" else None
        accounts.add_member(org, f"{role}@acme.example", role, password)
    accounts.add_member(stranger, "outsider@acme.example", "owner", None)


def found() -> Showcase:
    """Return the showcase that ``fill`` created in the current database."""
    return Showcase(
        org=models.Organisation.objects.get(slug="acme"),
        stranger=models.Organisation.objects.get(slug="globex"),
    )


async def _fill(database_url: str) -> None:
    for name, records in (("acme", _acme()), ("globex", _globex())):
        found = await company(database_url, base_url="http://127.0.0.1:1", org=name)
        before, after = (Stream.DEPARTMENTS, Stream.POSTINGS), (Stream.NOTES,)
        first, last = (
            [StreamSpec(name=stream, cursor="updated") for stream in streams]
            for streams in (before, after)
        )
        specs = (*first, *SPECS, *last)
        report = await run_source(FakeSource(records, specs=specs), found)
        assert report.error is None, report
    await in_thread(lambda: None)


Pages = dict[Stream, Sequence[Sequence[Record]]]


def _acme() -> Pages:
    jobs = [
        _job("dev", "Développeuse full-stack", "eng", "Paris", description_html=DESCRIPTION),
        _job("sales", "Account Executive", "sales", "Lyon", updated=2),
        _job("closed", "Zookeeper", "sales", "Lyon", status=JobStatus.CLOSED, updated=3),
        _job("archived", "Secret archived role", "eng", "Nice", status=JobStatus.ARCHIVED),
        _job("draft", "Secret draft role", "eng", "Nice", status=JobStatus.DRAFT),
    ]
    stages = [
        Stage(remote_id="new", name="Inbox", job_remote_id="dev", position=0, category=_C.NEW),
        Stage(
            remote_id="talk", name="Talk", job_remote_id="dev", position=1, category=_C.INTERVIEW
        ),
    ]
    people = [
        Talent(
            remote_id="elodie",
            first_name="Élodie",
            last_name="Müller",
            headline="Ingénieure",
            tags=("python", "paris"),
            contacts=(
                Contact(kind=ContactKind.EMAIL, value=EMAIL),
                Contact(kind=ContactKind.PHONE, value=PHONE),
            ),
            attachments=(Attachment(remote_id="cv", file_name="cv.pdf"),),
            remote_updated_at=NOW + timedelta(days=1),
        ),
        Talent(
            remote_id="markup", first_name=MARKUP_NAME, headline="<b>bold</b>", tags=("<i>tag</i>",)
        ),
        Talent(remote_id="archived", first_name="Hidden", last_name="Person", is_archived=True),
        Talent(remote_id="idle", first_name="Idle", last_name="Person"),
        *(_filler(number) for number in range(FILLERS)),
    ]
    active = [one.remote_id for one in people if one.remote_id != "idle"]
    applications = [
        Application(
            remote_id=f"of-{who}",
            talent_remote_id=who,
            job_remote_id="dev",
            stage_remote_id="talk" if who == "elodie" else "new",
            status=ApplicationStatus.ACTIVE,
            applied_at=NOW,
            stage_entered_at=NOW,
            cover_letter=f"Write to {EMAIL}" if who == "elodie" else None,
        )
        for who in active
    ]
    departments = [
        Department(remote_id="eng", name="Engineering"),
        Department(remote_id="sales", name="Sales"),
    ]
    return {
        Stream.DEPARTMENTS: [departments],
        Stream.JOBS: [jobs],
        Stream.POSTINGS: [_postings()],
        Stream.STAGES: [stages],
        Stream.TALENTS: [people],
        Stream.APPLICATIONS: [applications],
        Stream.NOTES: [_notes()],
    }


NOTE = f'Call her at {PHONE}. {DESCRIPTION}<a href="mailto:{EMAIL}">mail</a> zebrafinch'
"""Hostile markup, contact details in text and in an attribute, and a word that appears nowhere else."""


def _notes() -> list[Note]:
    return [
        Note(
            remote_id="of-elodie",
            talent_remote_id="elodie",
            body=NOTE,
            remote_created_at=NOW,
        ),
        Note(remote_id="private", talent_remote_id="elodie", is_private=True),
        Note(remote_id="of-idle", talent_remote_id="idle", body="Of a hidden talent"),
    ]


def _postings() -> list[Posting]:
    return [
        Posting(
            remote_id="dev-fr",
            job_remote_id="dev",
            title="Développeuse ou développeur",
            status=PostingStatus.ACTIVE,
            language="fr",
            content_html=DESCRIPTION,
            url="https://acme.example/offres/dev",
            published_at=NOW,
            locations=(Location(city="Paris", is_primary=True), Location(city="Nantes")),
        ),
        Posting(
            remote_id="dev-en",
            job_remote_id="dev",
            title="Developer",
            status=PostingStatus.DRAFT,
            is_internal=True,
            language="en",
            url="javascript:alert(1)",
        ),
        Posting(
            remote_id="archived-fr",
            job_remote_id="archived",
            title="Secret archived posting",
            status=PostingStatus.INACTIVE,
        ),
    ]


def _globex() -> Pages:
    applied = Application(
        remote_id="a",
        talent_remote_id="t",
        job_remote_id="j",
        status=ApplicationStatus.ACTIVE,
    )
    return {
        Stream.DEPARTMENTS: [[Department(remote_id="d", name="Globex department")]],
        Stream.JOBS: [[_job("j", "Globex job", "d", "Springfield")]],
        Stream.STAGES: [[]],
        Stream.TALENTS: [[Talent(remote_id="t", first_name="Globex", last_name="Talent")]],
        Stream.APPLICATIONS: [[applied]],
    }


_C = StageCategory


def _job(
    remote_id: str,
    title: str,
    department: str,
    city: str,
    *,
    status: JobStatus = JobStatus.OPEN,
    updated: int = 1,
    description_html: str | None = None,
) -> Job:
    return Job(
        remote_id=remote_id,
        title=title,
        status=status,
        visibility=JobVisibility.PUBLIC,
        description_html=description_html,
        department_remote_id=department,
        locations=(Location(city=city, country_code="FR", is_primary=True),),
        compensations=(
            Compensation(min=40000, max=50000, currency="EUR", period=CompensationPeriod.YEAR),
        ),
        opened_at=NOW,
        remote_created_at=NOW,
        remote_updated_at=NOW - timedelta(days=updated),
    )


def _filler(number: int) -> Talent:
    return Talent(
        remote_id=f"filler-{number:02}",
        first_name=f"First{number:02}",
        last_name=f"Person{number:02}",
        remote_updated_at=NOW - timedelta(days=number + 1),
    )
