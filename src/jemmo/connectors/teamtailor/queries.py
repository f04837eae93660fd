"""What is asked for each stream, and what is left out of a query when a Teamtailor account refuses a part of it."""

from __future__ import annotations

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

FEEDS = ("public", "internal")

_CUSTOM = ("custom-field-values", "custom-field-values.custom-field")
INCLUDES = {
    Stream.JOBS: ("department", "role", "locations", "user", *_CUSTOM),
    Stream.STAGES: ("job",),
    Stream.TALENTS: ("uploads", *_CUSTOM),
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
    Stream.TALENTS: {"uploads": "file-name", **_VALUES},
    Stream.APPLICATIONS: {
        "candidates": "internal",
        "jobs": "internal",
        "reject-reasons": "rejected-by-company",
    },
}

# What a 400 refuses, by the code of its first error (jsonapi-resources; 102 was seen on live accounts).
REFUSALS = {"102": "filter", "112": "include", "104": "fields", "114": "sort"}


class Query(Struct, frozen=True, kw_only=True):
    """A list request. ``optional`` includes are dropped together when includes are refused."""

    path: str
    include: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    fixed_filters: tuple[tuple[str, str], ...] = ()
    sort: str | None = "id"
    size: int = 30

    def without(self, part: str) -> Query | None:
        """The query without a part that was refused, ``None`` when it cannot do without."""
        if part == "filter" and self.filters:
            return replace(self, filters=())
        if part == "include" and self.optional:
            return replace(self, optional=())
        if part == "fields" and self.fields:
            return replace(self, fields=())
        if part == "sort" and self.sort:
            return replace(self, sort=None)
        return None

    def url(self) -> str:
        pairs: list[tuple[str, str]] = []
        includes = (*self.include, *self.optional)
        if includes:
            pairs.append(("include", ",".join(includes)))
        pairs += [(f"fields[{kind}]", names) for kind, names in self.fields]
        pairs += [(f"filter{name}", value) for name, value in (*self.fixed_filters, *self.filters)]
        if self.sort:
            pairs.append(("sort", self.sort))
        pairs.append(("page[size]", str(self.size)))
        return f"v1/{self.path}?" + "&".join(
            f"{quote(name, safe='')}={quote(value, safe=',')}" for name, value in pairs
        )


def every_job(feed: str) -> tuple[tuple[str, str], ...]:
    """Without these only the published jobs of the public feed are listed."""
    return (("[status]", "all"), ("[feed]", feed))


def changed_since(moment: datetime) -> tuple[tuple[str, str], ...]:
    return (("[updated-at][from]", moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),)
