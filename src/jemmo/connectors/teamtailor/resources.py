"""Teamtailor's streams, in the order in which they are read."""

from __future__ import annotations

from typing import Any

from jemmo.connectors.jsonapi.query import Filters
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.connectors.teamtailor import mapping
from jemmo.connectors.teamtailor.wire import (
    ApplicationAttributes,
    CandidateAttributes,
    JobAttributes,
    NamedAttributes,
    NoteAttributes,
    Resource,
    StageAttributes,
    UserAttributes,
)
from jemmo.domain.streams import Stream, StreamSpec

FEEDS = ("public", "internal")

_CUSTOM = ("custom-field-values", "custom-field-values.custom-field")
# Sparse fields: of these objects only the id or name is needed.
_VALUES = {"custom-field-values": "value,field-type,custom-field", "custom-fields": "api-name"}
_NAMED = ("departments", "roles", "users")
_PLACES = {"locations": "[locations]"}


def every_job(feed: str) -> Filters:
    """Return filters for all of a feed's jobs; without them only published jobs of the public feed are listed."""
    return (("[status]", "all"), ("[feed]", feed))


def open_jobs(feed: str) -> Filters:
    return (("[status]", "published"), ("[feed]", feed))


def _changing(name: Stream, *after: Stream, **more: Any) -> StreamSpec:
    return StreamSpec(name=name, cursor="updated-at", after=after, **more)


RESOURCES = (
    # There are few departments and reject reasons, so they are read in full.
    ResourceType(
        spec=StreamSpec(name=Stream.DEPARTMENTS),
        path="departments",
        resource=Resource[NamedAttributes],
        map=mapping.department,
        sweep_field="name",
        optional=True,
    ),
    # A filter for changed users is undocumented. If it is refused or ignored, all users are read.
    ResourceType(
        spec=_changing(Stream.USERS),
        path="users",
        resource=Resource[UserAttributes],
        map=mapping.user,
        sweep_field="name",
        optional=True,
    ),
    ResourceType(
        spec=StreamSpec(name=Stream.REJECT_REASONS),
        path="reject-reasons",
        resource=Resource[NamedAttributes],
        map=mapping.reject_reason,
        sweep_field="reason",
        optional=True,
    ),
    # A job's own date may not change with its role, its locations or their names.
    ResourceType(
        spec=_changing(
            *(Stream.JOBS, Stream.DEPARTMENTS, Stream.USERS), thin_sweep=False, recent=True
        ),
        path="jobs",
        label="jobs",
        resource=Resource[JobAttributes],
        map=mapping.job,
        include=(
            *("department", "division", "role", "locations", "regions", "user", "colleagues"),
            *_CUSTOM,
        ),
        newer=("division", "custom-field-values"),
        thin={**dict.fromkeys(_NAMED, "name"), **_VALUES},
        names={**_PLACES, "roles": "[role]"},
    ),
    ResourceType(
        spec=_changing(Stream.STAGES, Stream.JOBS),
        path="stages",
        label="stages",
        resource=Resource[StageAttributes],
        map=mapping.stage,
        include=("job",),
        may_include=("stage-type",),
        thin={"jobs": "internal"},
        newest_first=True,
        optional=True,
    ),
    ResourceType(
        spec=_changing(Stream.TALENTS, Stream.DEPARTMENTS, Stream.STAGES, recent=True),
        path="candidates",
        label="candidates",
        resource=Resource[CandidateAttributes],
        map=mapping.talent,
        include=("uploads", "locations", "department", *_CUSTOM),
        thin={"uploads": "file-name", "departments": "name", **_VALUES},
        names=_PLACES,
        beside={
            Stream.APPLICATIONS: "job-applications",
            Stream.STAGES: "job-applications.stage",
        },
        people={Stream.APPLICATIONS: "job-applications"},
    ),
    ResourceType(
        spec=_changing(Stream.APPLICATIONS, Stream.STAGES, Stream.REJECT_REASONS, recent=True),
        path="job-applications",
        label="job applications",
        resource=Resource[ApplicationAttributes],
        map=mapping.application,
        include=("candidate", "job", "stage", "reject-reason"),
        thin={
            "candidates": "internal",
            "jobs": "internal",
            "reject-reasons": "rejected-by-company",
        },
        beside={Stream.TALENTS: "candidate", Stream.STAGES: "stage"},
        people={
            Stream.TALENTS: "candidate",
            Stream.APPLICATIONS: "candidate.job-applications",
        },
    ),
    # A filter for changed notes is undocumented. If no talents changed, notes need no request.
    ResourceType(
        spec=_changing(
            *(Stream.NOTES, Stream.USERS, Stream.TALENTS),
            follows=(Stream.TALENTS, Stream.APPLICATIONS),
        ),
        path="notes",
        resource=Resource[NoteAttributes],
        map=mapping.note,
        newest_first=True,
        optional=True,
    ),
)
