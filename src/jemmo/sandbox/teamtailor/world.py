"""The company's present state: base rows with changes applied, and the links between records."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from jemmo.sandbox.clock import Clock, LocalTime
from jemmo.sandbox.spread import Spread
from jemmo.sandbox.table import Base, Table
from jemmo.sandbox.teamtailor import applications
from jemmo.sandbox.teamtailor.applications import Applications
from jemmo.sandbox.teamtailor.belongings import FieldValues, Notes, Uploads
from jemmo.sandbox.teamtailor.candidates import Candidates
from jemmo.sandbox.teamtailor.curriculum import curriculum
from jemmo.sandbox.teamtailor.file_links import ORIGINAL, RENDITION, FileLinks
from jemmo.sandbox.teamtailor.frame import Frame
from jemmo.sandbox.teamtailor.jobs import Jobs
from jemmo.sandbox.teamtailor.lookups import lookups
from jemmo.sandbox.teamtailor.stages import Stages

UPLOAD_SHARES = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1)
VALUE_SHARES = (0, 0, 0, 0, 0, 1, 1, 1, 2, 3)
NOTE_SHARES = (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)


class World:
    """All types of one company by name. `revision` rises with every change."""

    def __init__(self, *, seed: int, talents: int, epoch_ms: int, zone: str, clock: Clock) -> None:
        self.clock = clock
        self.local = LocalTime(zone)
        self.frame = Frame(seed, talents, epoch_ms, self.local)
        self.file_links = FileLinks(clock, self.frame.salt("vault"))
        self.revision = 0
        self._reverse: tuple[list[array[int]], list[array[int]]] | None = None
        self._base_counts: tuple[array[int], array[int]] | None = None
        self._counts: tuple[int, tuple[array[int], array[int]]] | None = None
        self._back: dict[tuple[str, str], tuple[int, dict[int, list[int]]]] = {}
        self._build()
        self.tables = {base.type: Table(base, self.local) for base in self._bases()}

    def _build(self) -> None:
        frame = self.frame
        spreads = [
            Spread(shares, frame.talents, frame.salt(purpose))
            for shares, purpose in (
                (applications.SHARES, "apply"), (UPLOAD_SHARES, "upload"),
                (VALUE_SHARES, "values"), (NOTE_SHARES, "notes"),
            )
        ]  # fmt: skip
        self.stages = Stages(frame)
        self.jobs = Jobs(frame, self.stages)
        self.applications = Applications(frame, spreads[0], self.stages)
        self.uploads = Uploads(frame, spreads[1], self.file_links)
        self.field_values = FieldValues(frame, spreads[2])
        self.notes = Notes(frame, spreads[3])
        children = (self.applications, self.uploads, self.field_values)
        self.candidates = Candidates(
            frame, self.file_links,
            {child.type: (spread, child) for child, spread in zip(children, spreads, strict=False)},
        )  # fmt: skip
        self.field_values.job_id = self.stages.job_id
        self.jobs.values_of = self.field_values.of_job
        self.jobs.candidates_of = self._candidates_of
        self.stages.applications_of = self._applications_of
        self.stages.count_applications = self.count_applications

    def _bases(self) -> list[Base]:
        return [
            self.jobs, self.candidates, self.applications, self.stages, self.uploads,
            self.field_values, self.notes, *lookups(self.frame),
        ]  # fmt: skip

    def changed(self) -> None:
        """Count a change, which invalidates cached answers."""
        self.revision += 1

    # Links between records ----------------------------------------------------------------

    def related(self, kind: str, record: int, name: str) -> tuple[int, ...]:
        """Return the ids a relationship leads to now, changes and deletions included."""
        table = self.tables[kind]
        if not self.revision:
            return table.base.related(table.base.row_of(record), name)
        if table.relations[name].inverse:
            return self._inverse(kind, record, name)
        ids = self._forward(table, record, name)
        other = self.tables.get(table.target(record, name))
        if other is None:
            return ()
        return tuple(n for n in ids if other.exists(n) or n in other.overlay.dangling)

    def _forward(self, table: Table, record: int, name: str) -> tuple[int, ...]:
        links = table.overlay.links.get(record)
        if links is not None and name in links:
            return links[name]
        row = table.base.row_of(record)
        return table.base.related(row, name) if row >= 0 else ()

    def _inverse(self, kind: str, record: int, name: str) -> tuple[int, ...]:
        table = self.tables[kind]
        relation = table.relations[name]
        if kind == "jobs" and name == "candidates":
            return self._candidates_now(record)
        other = self.tables.get(relation.target)
        if other is None:
            return ()
        row = table.base.row_of(record)
        base = table.base.related(row, name) if row >= 0 else ()
        links, gone = other.overlay.links, other.overlay.deleted
        if not links and not gone:
            return base
        kept = [n for n in base if n not in gone and n not in links]
        return tuple(sorted(kept + self._relinked(other, relation.inverse).get(record, [])))

    def _relinked(self, table: Table, name: str) -> dict[int, list[int]]:
        """Return the records whose links were changed, by their new target."""
        known = self._back.get((table.type, name))
        if known is None or known[0] != self.revision:
            back_links: dict[int, list[int]] = {}
            for record in table.overlay.links.keys() - table.overlay.deleted:
                for target in self._forward(table, record, name):
                    back_links.setdefault(target, []).append(record)
            known = self._back[table.type, name] = self.revision, back_links
        return known[1]

    def _candidates_now(self, job: int) -> tuple[int, ...]:
        table = self.tables["job-applications"]
        row = self.jobs.row_of(job)
        base = self._sorted_applications()[0][row] if row >= 0 else ()
        ids = {table.base.id_at(n) for n in base} | table.overlay.links.keys()
        applications = (
            n for n in ids if table.exists(n) and self._forward(table, n, "job") == (job,)
        )
        return tuple(sorted({self._forward(table, n, "candidate")[0] for n in applications}))

    def _sorted_applications(self) -> tuple[list[array[int]], list[array[int]]]:
        if self._reverse is None:
            by_job = [array("I") for _ in range(self.jobs.size)]
            by_stage = [array("I") for _ in range(self.stages.size)]
            for row in range(self.applications.size):
                job = self.applications.job_row(row)
                by_job[job].append(row)
                by_stage[self.stages.first(job) + self.applications.place(row)[0]].append(row)
            self._reverse = by_job, by_stage
        return self._reverse

    def _candidates_of(self, job: int) -> tuple[int, ...]:
        rows = self._sorted_applications()[0][job]
        return tuple(sorted({self.applications.related(row, "candidate")[0] for row in rows}))

    def _applications_of(self, stage: int) -> tuple[int, ...]:
        rows = self._sorted_applications()[1][stage]
        return tuple(self.applications.id_at(row) for row in rows)

    # Counts shown on stages ----------------------------------------------------------------

    def count_applications(self) -> tuple[array[int], array[int]]:
        """Return the current number of active and rejected applications per stage row."""
        if self._base_counts is None:
            self._base_counts = self._count()
        if not self.tables["job-applications"].overlay.changed_ids():
            return self._base_counts
        if self._counts is None or self._counts[0] != self.revision:
            self._counts = self.revision, self._updated_counts(self._base_counts)
        return self._counts[1]

    def _count(self) -> tuple[array[int], array[int]]:
        counts = array("I", bytes(4 * self.stages.size)), array("I", bytes(4 * self.stages.size))
        first, job_row, place = (
            self.stages.first, self.applications.job_row, self.applications.place
        )  # fmt: skip
        for row in range(self.applications.size):
            number, rejected = place(row)
            counts[rejected][first(job_row(row)) + number] += 1
        return counts

    def _updated_counts(self, base: tuple[array[int], array[int]]) -> tuple[array[int], array[int]]:
        counts = base[0][:], base[1][:]
        table = self.tables["job-applications"]
        for record in table.overlay.changed_ids():
            row = self.applications.row_of(record)
            if row >= 0:
                number, rejected = self.applications.place(row)
                job = self.applications.job_row(row)
                counts[rejected][self.stages.first(job) + number] -= 1
            if table.exists(record):
                stages = self._forward(table, record, "stage")
                at = self.stages.row_of(stages[0]) if stages else -1
                if at >= 0:
                    counts[table.facet(record, "rejected-at") is not None][at] += 1
        return counts

    # Files --------------------------------------------------------------------------------

    def values(self, kind: str, record: int) -> tuple[str, ...]:
        """Return a record's attribute values; links of a replaced file point to the new one."""
        table = self.tables[kind]
        texts = table.values(record)
        files = table.overlay.files.get(record)
        if not files:
            return texts
        changed = list(texts)
        resume, original = self.candidates.links(record, 0, len(files))
        changed[table.attributes.index("resume")] = resume
        changed[table.attributes.index("original-resume")] = original
        return tuple(changed)

    def file_text(self, record: int, kind: int, version: int) -> str | None:
        """Return a file's text, None if its owner was deleted."""
        name = "candidates" if kind in (RENDITION, ORIGINAL) else "uploads"
        table = self.tables[name]
        if not table.exists(record):
            return None
        files = table.overlay.files.get(record, [])
        if version and version <= len(files):
            return files[version - 1]
        if name == "uploads":
            return f"Document {record}"
        return curriculum(table, record, self.frame.salt("curriculum"))

    def ids(self, kind: str) -> Iterator[int]:
        """Walk the ids of a type."""
        return self.tables[kind].ids()
