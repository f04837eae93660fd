"""Which records are excluded and why; the status colors of a connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.records import Application, Job, Stage, Talent
from jemmo.domain.rules import Exclusion, Rules, applicable, exclusion
from jemmo.domain.status import Colour, colour
from jemmo.domain.streams import Stream

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_job(status: JobStatus) -> Job:
    return Job(remote_id="1", title="Cook", status=status)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (JobStatus.OPEN, None),
        (JobStatus.CLOSED, None),
        (JobStatus.PENDING, None),
        (JobStatus.ARCHIVED, Exclusion.JOB_ARCHIVED),
        (JobStatus.DRAFT, Exclusion.JOB_DRAFT),
    ],
)
def test_archived_and_draft_jobs_are_excluded(status: JobStatus, reason: Exclusion | None) -> None:
    assert exclusion(a_job(status), Rules()) is reason


def test_an_organization_can_include_them() -> None:
    rules = Rules(include_archived_jobs=True, include_draft_jobs=True)
    assert exclusion(a_job(JobStatus.ARCHIVED), rules) is None
    assert exclusion(a_job(JobStatus.DRAFT), rules) is None


def test_archived_talents_are_excluded() -> None:
    talent = Talent(remote_id="1", is_archived=True)
    assert exclusion(talent, Rules()) is Exclusion.TALENT_ARCHIVED
    assert exclusion(talent, Rules(include_archived_talents=True)) is None


def test_other_records_are_never_excluded_on_their_own() -> None:
    assert exclusion(Stage(remote_id="1", name="Inbox"), Rules()) is None
    applied = Application(remote_id="1", status=ApplicationStatus.REJECTED)
    assert exclusion(applied, Rules()) is None


def test_an_ats_without_applications_excludes_no_talent_for_lacking_one() -> None:
    assert applicable(Rules(), [Stream.TALENTS]).include_talents_without_active_application
    assert applicable(Rules(), [Stream.TALENTS, Stream.APPLICATIONS]) == Rules()


@pytest.mark.parametrize(
    ("hours", "error", "running", "shown"),
    [
        (1, None, False, Colour.GREEN),
        (24, None, False, Colour.GREEN),
        (25, None, False, Colour.YELLOW),
        (None, None, False, Colour.YELLOW),
        (1, {"code": "key_refused"}, False, Colour.RED),
        (1, {"code": "key_refused"}, True, Colour.LOADING),
    ],
)
def test_colours(
    hours: int | None, error: dict[str, object] | None, running: bool, shown: Colour
) -> None:
    last = None if hours is None else NOW - timedelta(hours=hours)
    assert colour(last_success_at=last, last_error=error, running=running, now=NOW) is shown


def test_a_connection_whose_files_cannot_be_stored_is_not_green() -> None:
    away = {"code": "storage_unavailable"}
    shown = colour(last_success_at=NOW, last_error=None, files_error=away, running=False, now=NOW)
    assert shown is Colour.YELLOW
