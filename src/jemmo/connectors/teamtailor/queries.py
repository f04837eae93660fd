"""What is asked for each stream, and what is left out of a query when a Teamtailor account refuses a part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from jemmo.domain.streams import Stream

PATHS = {
    Stream.DEPARTMENTS: "departments",
    Stream.USERS: "users",
    Stream.REJECT_REASONS: "reject-reasons",
    Stream.JOBS: "jobs",
    Stream.STAGES: "stages",
    Stream.TALENTS: "candidates",
    Stream.APPLICATIONS: "job-applications",
}
SWEEP_FIELD = {
    Stream.DEPARTMENTS: "name",
    Stream.USERS: "name",
    Stream.REJECT_REASONS: "reason",
}  # the others: updated-at

NEWEST_FIRST = "-updated-at"
IN_ONE_ORDER = "-updated-at,-id"
"""Newest first, for pages with numbers: many records may have changed at the same moment."""

FEEDS = ("public", "internal")

LOOKUPS = frozenset((Stream.DEPARTMENTS, Stream.USERS, Stream.REJECT_REASONS, Stream.STAGES))
"""Streams without which jobs and talents are still worth reading."""

_CUSTOM = ("custom-field-values", "custom-field-values.custom-field")
INCLUDES = {
    Stream.JOBS: ("department", "role", "locations", "user", *_CUSTOM),
    Stream.STAGES: ("job",),
    Stream.TALENTS: ("uploads", "locations", "department", *_CUSTOM),
    Stream.APPLICATIONS: ("candidate", "job", "stage", "reject-reason"),
}
# Of what is only included for its id or a name, no more is asked for than that.
_VALUES = {
    "custom-field-values": "value,field-type,custom-field",
    "custom-fields": "api-name",
}
THIN = {
    Stream.JOBS: {"departments": "name", "roles": "name", "users": "name", **_VALUES},
    Stream.STAGES: {"jobs": "internal"},
    Stream.TALENTS: {"uploads": "file-name", "departments": "name", **_VALUES},
    Stream.APPLICATIONS: {
        "candidates": "internal",
        "jobs": "internal",
        "reject-reasons": "rejected-by-company",
    },
}

BESIDE = {
    Stream.APPLICATIONS: {Stream.TALENTS: "candidate", Stream.STAGES: "stage"},
    Stream.TALENTS: {
        Stream.APPLICATIONS: "job-applications",
        Stream.STAGES: "job-applications.stage",
    },
}
"""What is shown together with a recent record: records of other streams, by the relation that leads to them."""

WHOLE_PEOPLE = {
    Stream.APPLICATIONS: {
        Stream.TALENTS: "candidate",
        Stream.APPLICATIONS: "candidate.job-applications",
    },
    Stream.TALENTS: {Stream.APPLICATIONS: "job-applications"},
}
"""What makes a person whole of whom one record is within a limited history, by the same."""

# What a 400 refuses, by the code of its first error (jsonapi-resources; 102 was seen on live accounts).
REFUSALS = {"102": "filter", "112": "include", "104": "fields", "114": "sort"}


class Query(Struct, frozen=True, kw_only=True):
    """A list request. An account need not know any of its parts.

    ``beside`` are the relations by which records of other streams come along, to be stored too.
    """

    path: str
    include: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    fixed_filters: tuple[tuple[str, str], ...] = ()
    sort: str | None = "id"
    size: int = 30
    beside: tuple[tuple[Stream, str], ...] = ()

    def without(self, part: str, names: Collection[str] | None = None) -> Query | None:
        """The query without a part that was refused, or some names of it; ``None`` where that changes nothing."""
        less = self
        if part == "include":
            gone = set(self.include if names is None else names)
            left = tuple(one for one in self.include if not _within(one, gone))
            less = replace(self, include=left)
        elif part == "fields":
            gone = {kind for kind, _ in self.fields} if names is None else set(names)
            less = replace(self, fields=tuple(one for one in self.fields if one[0] not in gone))
        elif part == "sort":
            less = replace(self, sort=None if names is None or self.sort in names else self.sort)
        elif part == "filter":
            kept = () if names is None else (one for one in self.filters if one[0] not in names)
            less = replace(self, filters=tuple(kept))
        elif part == "fixed filter":
            fixed = (one for one in self.fixed_filters if one[0].strip("[]") not in (names or ()))
            less = replace(self, fixed_filters=tuple(fixed))
        return None if less == self else less

    def include_all(self, wanted: Collection[str]) -> bool:
        return set(wanted) <= set(self.include)

    def url(self) -> str:
        pairs: list[tuple[str, str]] = []
        if self.include:
            pairs.append(("include", ",".join(self.include)))
        pairs += [(f"fields[{kind}]", names) for kind, names in self.fields]
        pairs += [(f"filter{name}", value) for name, value in (*self.fixed_filters, *self.filters)]
        if self.sort:
            pairs.append(("sort", self.sort))
        pairs.append(("page[size]", str(self.size)))
        return f"v1/{self.path}?" + "&".join(
            f"{quote(name, safe='')}={quote(value, safe=',')}" for name, value in pairs
        )


def _within(include: str, gone: set[str]) -> bool:
    """Whether an include is one of those gone, or nested in one: "custom-field-values.custom-field"."""
    steps = include.split(".")
    return any(".".join(steps[:count]) in gone for count in range(1, len(steps) + 1))


def every_job(feed: str) -> tuple[tuple[str, str], ...]:
    """Without these only the published jobs of the public feed are listed."""
    return (("[status]", "all"), ("[feed]", feed))


def open_jobs(feed: str) -> tuple[tuple[str, str], ...]:
    return (("[status]", "published"), ("[feed]", feed))


def changed_since(moment: datetime) -> tuple[tuple[str, str], ...]:
    return (("[updated-at][from]", _second(moment)),)


def changed_until(moment: datetime) -> tuple[tuple[str, str], ...]:
    return (("[updated-at][to]", _second(moment)),)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_beside(
    query: Query,
    stream: Stream,
    others: Mapping[Stream, str],
    fields: Mapping[Stream, Mapping[str, str]],
    *,
    with_types: bool = False,
) -> Query:
    """The query, asking as well for all that ``others`` know of the records that these relations lead to.

    ``fields`` are the sparse fields that each of these streams asks for, by type; ``with_types`` says that stages are
    asked for with their types.
    """
    include = dict.fromkeys(query.include)
    for other, relation in others.items():
        include |= dict.fromkeys(needed_beside(relation, other))
    if with_types and Stream.STAGES in others:
        include[f"{others[Stream.STAGES]}.stage-type"] = None
    shown = {PATHS[one]: one for one in (stream, *others)}
    thin = {
        kind: names for own in fields.values() for kind, names in own.items() if kind not in shown
    }
    for kind, one in shown.items():
        if names := fields[one].get(kind):
            thin[kind] = ",".join(dict.fromkeys((names, *_links(one, stream, others))))
    return replace(
        query,
        include=tuple(include),
        fields=tuple(thin.items()),
        beside=tuple(others.items()),
    )


def _links(one: Stream, stream: Stream, others: Mapping[Stream, str]) -> list[str]:
    """The first step of each relation that leads on from the records of a stream."""
    if one is stream:
        return [link for link in others.values() if "." not in link]
    before = f"{others[one]}."
    return [link.removeprefix(before) for link in others.values() if link.startswith(before)]


def needed_beside(relation: str, other: Stream) -> tuple[str, ...]:
    """The includes without which the records of the other stream would not be whole."""
    return (relation, *(f"{relation}.{one}" for one in INCLUDES[other]))
