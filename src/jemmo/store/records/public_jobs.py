"""Public jobs: open, and neither confidential, internal nor unlisted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from jemmo.domain.enums import JobStatus, JobVisibility, PostingStatus
from jemmo.store.models import JobPosting, Organisation
from jemmo.store.records.export import KINDS


def public_jobs(org: Organisation, now: datetime) -> QuerySet[Any]:
    """Select public jobs. If the ATS has postings, a job needs one that is active and not internal."""
    postings = JobPosting.objects.filter(job_id=OuterRef("pk"), remote_deleted_at=None)
    return (
        KINDS["jobs"]
        .shown(org)
        .filter(
            Q(visibility=None) | Q(visibility=JobVisibility.PUBLIC),
            Q(closed_at=None) | Q(closed_at__gt=now),
            Exists(_advertised(postings)) | ~Exists(postings),
            status=JobStatus.OPEN,
        )
    )


def adverts_of(job_ids: Collection[UUID]) -> dict[UUID, JobPosting]:
    """The latest public posting of each of these jobs, if it has one."""
    postings = JobPosting.objects.filter(job_id__in=job_ids, remote_deleted_at=None)
    latest = _advertised(postings).order_by("published_at", "id")
    return {posting.job_id: posting for posting in latest if posting.job_id}


def _advertised(postings: QuerySet[JobPosting]) -> QuerySet[JobPosting]:
    return postings.filter(status=PostingStatus.ACTIVE, is_internal=False)
