"""Renders records as JSON:API text, from templates prepared once per kind of query."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from jemmo.sandbox.teamtailor.access import View
from jemmo.sandbox.teamtailor.query import Query, Tree
from jemmo.sandbox.teamtailor.world import World

MEMO_TYPES = frozenset(("jobs", "stages"))
MEMO_SIZE = 30_000
Related = list[tuple[str, tuple[int, ...]]]
Linked = tuple[str, bool, list[str]]  # name, to many, text parts between which the id goes
CAREERSITE = {"job-url": "", "job-apply-url": "/applications/new",
              "job-apply-iframe-url": "/applications/new?iframe=true",
              "job-internal-url": "/internal"}  # fmt: skip


class Shape:
    """Renders one type for one kind of query: attributes, links, linkage."""

    def __init__(
        self, world: World, kind: str, view: View, fields: tuple[str, ...] | None, tree: Tree
    ) -> None:
        self._world = world
        self._kind = kind
        self._table = world.tables[kind]
        self._names = self._shown(view, fields)
        self._template, self._pick = self._attributes(view)
        relations = self._relations(view, fields)
        self._linked = [
            (name, self._table.relations[name].many, self._link_parts(view, name))
            for name in relations
            if name in tree
        ]
        self._tail = self._tail_parts(view, [name for name in relations if name not in tree])
        memorable = kind in MEMO_TYPES or len(self._table) < 100
        self._memo: dict[int, str] | None = {} if memorable and not self._linked else None
        self._revision = world.revision
        self._single = self._names[0] if len(self._names) == 1 else ""

    def _shown(self, view: View, fields: tuple[str, ...] | None) -> list[str]:
        hidden = view.hidden(self._kind)
        asked = [name.replace("resume-summary", "resume_summary") for name in fields or ()]
        return [
            name
            for name in self._table.attributes
            if name not in hidden and (fields is None or name in asked)
        ]

    def _attributes(self, view: View) -> tuple[str, Callable[[tuple[str, ...]], tuple[str, ...]]]:
        blank = "created-at" if view.scope != "admin" and self._kind == "jobs" else ""
        written = {"resume_summary": "resume-summary"} if view.summary in ("kebab", "html") else {}
        template = ",".join(
            f'"{written.get(name, name)}":' + ("null" if name == blank else "%s")
            for name in self._names
        )
        places = [self._table.attributes.index(name) for name in self._names if name != blank]
        if not places:
            return template, lambda _values: ()
        if len(places) == 1:
            return template, lambda values: (values[places[0]],)
        if len(places) == len(self._table.attributes):
            return template, lambda values: values
        return template, itemgetter(*places)

    def _relations(self, view: View, fields: tuple[str, ...] | None) -> list[str]:
        gone = {"stage-type"} if self._kind == "stages" and not view.stage_relation else set()
        return [
            name
            for name in self._table.relations
            if name not in gone and (fields is None or name in fields)
        ]

    def _link_text(self, view: View, name: str) -> str:
        # NUL stands for the id: the text is cut there once, and joined by the id per record.
        own = f"{view.base}/v1/{self._kind}/\0"
        return (
            f'"{name}":{{"links":{{"self":"{own}/relationships/{name}","related":"{own}/{name}"}}'
        )

    def _link_parts(self, view: View, name: str) -> list[str]:
        return (self._link_text(view, name) + ',"data":').split("\0")

    def _tail_parts(self, view: View, names: list[str]) -> list[str]:
        links = {f"careersite-{key}": f"https://career.example.org/jobs/\0{end}"
                 for key, end in CAREERSITE.items()} if self._kind == "jobs" else {}  # fmt: skip
        links["self"] = f"{view.base}/v1/{self._kind}/\0"
        written = ",".join(f'"{key}":"{url}"' for key, url in links.items())
        related = ",".join(self._link_text(view, name) + "}" for name in names)
        return f'"links":{{{written}}},"relationships":{{{related}'.split("\0")

    def render(self, record: int, related: Related) -> str:
        """Return one resource; the records it links to are added to `related`."""
        memo = self._memo
        if memo is None:
            return self._render(record, related)
        if self._revision != self._world.revision or len(memo) > MEMO_SIZE:
            memo.clear()
            self._revision = self._world.revision
        text = memo.get(record)
        if text is None:
            text = memo[record] = self._render(record, related)
        return text

    def _render(self, record: int, related: Related) -> str:
        sid = str(record)
        tail = sid.join(self._tail)
        if self._linked:
            links = ",".join([self._linkage(record, sid, related, link) for link in self._linked])
            tail += links if tail[-1] == "{" else "," + links
        return (
            f'{{"id":"{sid}","type":"{self._kind}","attributes":{{{self._attribute_text(record)}}},'
            f"{tail}}}}}"
        )

    def _attribute_text(self, record: int) -> str:
        if not self._names:
            return ""
        if self._single and record not in self._table.overlay.updated:
            base = self._table.base
            text = base.plain(base.row_of(record), self._single)
            if text is not None:
                return f'"{self._single}":{text}'
        return self._template % self._pick(self._world.values(self._kind, record))

    def _linkage(self, record: int, sid: str, related: Related, link: Linked) -> str:
        name, many, parts = link
        ids = self._world.related(self._kind, record, name)
        head = sid.join(parts)
        if not ids:
            return head + ("[]}" if many else "null}")
        target = self._table.relations[name].target
        if name == "owner":
            target = self._table.target(record, name)
        related.append((target, ids))
        if not many:
            return f'{head}{{"type":"{target}","id":"{ids[0]}"}}}}'
        data = ",".join([f'{{"type":"{target}","id":"{n}"}}' for n in ids])
        return f"{head}[{data}]}}"


class Renderer:
    """Renders primary records with everything they include, each included one once."""

    def __init__(self, world: World, query: Query, view: View) -> None:
        self._world = world
        trees: dict[str, Tree] = {}
        self._collect(query.kind, query.include, trees)
        self.includes = "include" in dict(query.kept)
        self._primary = Shape(world, query.kind, view, query.fields.get(query.kind), query.include)
        self._shapes = {
            kind: Shape(world, kind, view, query.fields.get(kind), tree)
            for kind, tree in trees.items()
            if kind in world.tables
        }
        self.types = (query.kind, *self._shapes)

    def _collect(self, kind: str, tree: Tree, trees: dict[str, Tree]) -> None:
        for name, branch in tree.items():
            targets = [self._world.tables[kind].relations[name].target]
            if name == "owner":
                targets = ["candidates", "jobs"]
            for target in targets:
                trees.setdefault(target, {}).update(branch)
                if target in self._world.tables:
                    known = self._world.tables[target].relations
                    self._collect(target, {n: t for n, t in branch.items() if n in known}, trees)

    def page(self, ids: list[int]) -> tuple[str, str]:
        """Return the primary resources and the included ones, comma-separated."""
        related: Related = []
        render = self._primary.render
        data = ",".join([render(record, related) for record in ids])
        return data, ",".join(self._included(related)) if related else ""

    def _included(self, related: Related) -> list[str]:
        seen: set[tuple[str, int]] = set()
        included: list[str] = []
        for kind, ids in related:  # grows while nested resources are rendered
            shape = self._shapes.get(kind)
            if shape is None:
                continue
            for record in ids:
                key = (kind, record)
                if key not in seen and record not in self._world.tables[kind].overlay.dangling:
                    seen.add(key)
                    included.append(shape.render(record, related))
        return included
