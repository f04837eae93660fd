"""Reads list queries: filters, include, fields, sort and page. Unknown parameters are refused."""

import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote_plus

from jemmo.sandbox.teamtailor.access import View
from jemmo.sandbox.teamtailor.refusal import bad_request
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.world import World

MAX_PAGE = 30
DEFAULT_PAGE = 10
TIMES = "updated-at created-at"
FILTERS: dict[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "candidates": f"email department role locations regions connected division phone {TIMES}",
        "job-applications": f"stage-type job candidate job-id changed-stage-at {TIMES}",
        "jobs": f"status feed department role locations regions tags remote-status {TIMES}",
        "stages": "job stage-type",
        "users": "email department external-id",
        "uploads": "job",
        "custom-field-values": "field-type",
    }.items()
}
EXTRA_TIMES = frozenset(["stages", "users", "notes", "custom-fields", "interviews"])
TIME_FILTERS = frozenset(("updated-at", "created-at", "changed-stage-at"))
EXTRA_SORTS = {
    "job-applications": frozenset({"changed_stage_at"}), "jobs": frozenset({"date"}),
}  # fmt: skip
REMEMBERED = 64
NAME = re.compile(r"(filter|fields)\[([^\]]+)\](?:\[([^\]]+)\])?$")
Tree = dict[str, "Tree"]


@dataclass(slots=True)
class Page:
    """The requested page."""

    number: int = 1
    size: int = DEFAULT_PAGE
    after: str | None = None
    before: str | None = None


@dataclass(slots=True)
class Query:
    """A list query, read and checked."""

    kind: str
    filters: dict[tuple[str, str], str] = field(default_factory=dict)
    include: Tree = field(default_factory=dict)
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    page: Page = field(default_factory=Page)
    kept: tuple[tuple[str, str], ...] = ()
    kept_text: str = ""

    def shape_key(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters that determine how records are rendered."""
        return tuple(p for p in self.kept if p[0] == "include" or p[0].startswith("fields"))


class Reader:
    """Reads the queries of one company's API. Replaced when switches change."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        # The pages of one list differ only in their page parameters.
        self._known: dict[tuple[str, str, View, bool], Query] = {}

    def read(self, kind: str, text: str, view: View, *, lenient: bool = False) -> Query:
        """Return the query, or refuse it; `lenient` ignores unknown filters."""
        parts = text.split("&")
        paging = [part for part in parts if part.startswith(("page%5B", "page%5b", "page["))]
        rest = "&".join(part for part in parts if part not in paging)
        key = kind, rest, view, lenient
        query = self._known.get(key)
        if query is None:
            query = self._read(kind, rest, view, lenient=lenient)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = query
        return replace(query, page=self._page("&".join(paging)))

    def _read(self, kind: str, text: str, view: View, *, lenient: bool) -> Query:
        query = Query(kind)
        query.kept = tuple(parse_qsl(text, keep_blank_values=True))
        query.kept_text = "&".join(
            f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(query.kept)
        )
        for name, value in query.kept:
            match = NAME.match(name)
            if match is None:
                self._word(query, name, value, view)
            elif match[1] == "filter":
                self._filter(query, match[2], match[3] or "", value, lenient=lenient)
            else:
                self._fields(query, match[2], value, view)
        return query

    def _word(self, query: Query, name: str, value: str, view: View) -> None:
        if name == "include":
            for path in filter(None, value.split(",")):
                self._include(query.kind, query.include, path.strip(), path, view)
        elif name == "sort":
            query.sort = tuple(
                self._sort(query.kind, key.strip()) for key in value.split(",") if key
            )
        else:
            raise bad_request("Param not allowed", f"{name} is not allowed.", "105")

    def _include(self, kind: str, tree: Tree, path: str, whole: str, view: View) -> None:
        name, _, rest = path.partition(".")
        table = self._world.tables.get(kind)
        if (
            table is None
            or name not in table.relations
            or self._refused("include", f"{kind}.{name}")
            or (kind == "stages" and name == "stage-type" and not view.stage_relation)
        ):
            raise bad_request(
                "Invalid field", f"{whole} is not a valid relationship of {kind}", "112"
            )
        if f"include:{kind}.{name}" in self._switches.ignored.split(","):
            return
        target = table.relations[name].target
        branch = tree.setdefault(name, {})
        if rest:
            self._include(target, branch, rest, whole, view)

    def _sort(self, kind: str, key: str) -> str:
        name = key.removeprefix("-")
        table = self._world.tables.get(kind)
        allowed = name == "id" or name in EXTRA_SORTS.get(kind, ())
        unknown = not allowed and (table is None or name not in table.attributes)
        if unknown or self._refused("sort", kind):
            raise bad_request(
                "Invalid sort criteria", f"{name} is not a valid sort criteria for {kind}", "114"
            )
        return key

    def _filter(self, query: Query, name: str, bound: str, value: str, *, lenient: bool) -> None:
        if self._refused("filter", f"{query.kind}.{name}"):
            raise bad_request("Filter not allowed", f"{name} is not allowed.", "102")
        known = name in FILTERS.get(query.kind, ())
        if not known and self._switches.extra_time_filters == "accept":
            known = query.kind in EXTRA_TIMES and name == "updated-at"
        if known and (bound in ("from", "to")) == (name in TIME_FILTERS):
            query.filters[name, bound] = value
        elif self._switches.unknown_filter == "refuse" and not lenient:
            raise bad_request("Filter not allowed", f"{name} is not allowed.", "102")

    def _fields(self, query: Query, kind: str, value: str, view: View) -> None:
        table = self._world.tables.get(kind)
        if table is None or self._refused("fields", kind):
            raise bad_request("Invalid resource", f"{kind} is not a valid resource.", "104")
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        hidden = view.hidden(kind)
        plain = {name: "resume_summary" if name == view.summary_name else name for name in names}
        known = (set(table.attributes) - hidden) | table.relations.keys() | {"id"}
        unknown = [name for name in names if plain[name] not in known]
        if unknown:
            detail = f"{', '.join(unknown)} is not a valid field for {kind}."
            raise bad_request("Invalid field", detail, "104")
        query.fields[kind] = names

    def _refused(self, part: str, name: str) -> bool:
        return f"{part}:{name}" in self._switches.refused.split(",")

    def _page(self, text: str) -> Page:
        page = Page()
        for whole, value in parse_qsl(text, keep_blank_values=True):
            name = whole.removeprefix("page[").removesuffix("]")
            if name in ("after", "before"):
                setattr(page, name, value)
            elif name in ("number", "size"):
                self._count(page, name, value)
            else:
                raise bad_request(
                    "Page parameter not allowed",
                    f"{name} is not an allowed page parameter.",
                    "105",
                )
        return page

    def _count(self, page: Page, name: str, value: str) -> None:
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            raise bad_request(
                "Invalid page value",
                f"{value} is not a valid value for {name} page parameter.",
                "118",
            )
        number = int(value)
        if name == "number":
            page.number = number
        elif number > MAX_PAGE and self._switches.oversize == "refuse":
            raise bad_request(
                "Invalid page value", f"size exceeds maximum page size of {MAX_PAGE}.", "118"
            )
        else:
            page.size = min(number, MAX_PAGE)
