"""Children of talents and jobs: uploads, notes, values of custom fields."""

import json
from typing import Any

from jemmo.sandbox.mixing import mix
from jemmo.sandbox.spread import Spread
from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import names, texts
from jemmo.sandbox.teamtailor.candidates import FIRST_ID as FIRST_TALENT
from jemmo.sandbox.teamtailor.file_links import UPLOAD, FileLinks
from jemmo.sandbox.teamtailor.frame import Frame
from jemmo.sandbox.teamtailor.lookups import FIELDS

JOB_VALUES = 2
FIRST_FIELD = 8101
FIELD_NAMES = tuple(json.dumps(f"CustomField::{kind}") for _, _, kind, _ in FIELDS)
VALUES: dict[str, tuple[str, ...]] = {
    "Number": ('"3"', '"12"', '"0"', '"4.5"'),
    "Url": ('"https://folio.example.net/a"', '"folio.example.org"', '""', "null"),
    "Date": ('"2026-03-01"', '"2025-12-24"', '"2026-02-28"', "null"),
    "Checkbox": ('"true"', '"false"', "null", '"true"'),
    "Select": ('"8801"', '"8803"', '"8811"', '"8813"'),
    "MultiSelect": ('["8805"]', '["8805","8807"]', "[]", '["8807","8809"]'),
    "Email": ('"second@example.org"', '"SECOND@example.net "', '""', "null"),
    "Phone": ('"06 00 55 50 01"', '"+33600555002"', '"555-0103"', "null"),
    "Text": ('"R\\u00e9f. 42 &amp; co"', '"ok"', '""', '"CC-104"'),
}


class Child(Base):
    """A type of record with a fixed number per ten talents."""

    first_id = 0

    def __init__(self, frame: Frame, spread: Spread) -> None:
        self.size = spread.size
        self._frame = frame
        self._spread = spread
        self._salt = frame.salt(self.type)
        self._talent_bits = frame.talent_bits()

    def id_at(self, row: int) -> int:
        return self.first_id + row * 2

    def child_id(self, number: int) -> int:
        """Return the id of the n-th child of the talents."""
        return self.id_at(number)

    def row_of(self, record: int) -> int:
        row, odd = divmod(record - self.first_id, 2)
        return row if 0 <= row < self.size and not odd else -1

    def talent(self, number: int) -> int:
        """Return the id of the talent a child belongs to."""
        owner = self._spread.owner(number)[0]
        return FIRST_TALENT + owner * 3 + self._talent_bits[owner] % 3

    def created_ms(self, row: int) -> int:
        return self._frame.block_ms(row * self._spread.parents // max(1, self.size) // 10, 0, 1)

    def updated_ms(self, row: int) -> int:
        return self.created_ms(row)

    def related(self, row: int, name: str) -> tuple[int, ...]:
        return (self.talent(row),) if name == "candidate" else ()


class Uploads(Child):
    """Files besides the resume, without size or MIME type."""

    type = "uploads"
    first_id = 61_001
    attributes = ("url", "file-name", "internal", "created-at", "updated-at")
    relations = {
        "candidate": Relation("candidates"), "job": Relation("jobs"), "answer": Relation("answers")
    }  # fmt: skip

    def __init__(self, frame: Frame, spread: Spread, file_links: FileLinks) -> None:
        super().__init__(frame, spread)
        self._vault = file_links

    def file_name(self, row: int) -> str:
        """Return the name the file was uploaded under."""
        bits = self._talent_bits[self._spread.owner(row)[0]]
        pattern = texts.FILE_NAMES[mix(self._salt, row) % len(texts.FILE_NAMES)]
        return pattern.format(
            first=names.FIRST_PLAIN[bits >> 30 & 1023], last=names.LAST_PLAIN[bits >> 40 & 1023]
        )

    def values(self, row: int) -> tuple[str, ...]:
        name, at = self.file_name(row), self._frame.local.text(self.created_ms(row))
        extension = name.rpartition(".")[2].lower() if "." in name else "bin"
        link = self._vault.link(self.id_at(row), UPLOAD, 0, extension)
        return link, json.dumps(name), "true" if row % 4 == 1 else "false", at, at


class Notes(Child):
    """What recruiters wrote about talents."""

    type = "notes"
    first_id = 71_001
    attributes = (
        "note", "user-id", "candidate-id", "created-by-trigger", "mentioned-user-ids",
        "private-note", "created-at", "updated-at",
    )  # fmt: skip
    relations = {"candidate": Relation("candidates"), "user": Relation("users")}

    def values(self, row: int) -> tuple[str, ...]:
        at = self._frame.local.text(self.created_ms(row))
        note = json.dumps(texts.NOTES[row % len(texts.NOTES)])
        private = "true" if row % 5 == 4 else "false"
        return note, "3008", str(self.talent(row)), "false", "[]", private, at, at

    def related(self, row: int, name: str) -> tuple[int, ...]:
        return (3008,) if name == "user" else super().related(row, name)


class FieldValues(Child):
    """Values of custom fields: first those of the jobs, then those of the talents."""

    type = "custom-field-values"
    first_id = 81_001
    attributes = ("field-type", "value")
    relations = {"custom-field": Relation("custom-fields"), "owner": Relation("candidates")}

    def __init__(self, frame: Frame, spread: Spread) -> None:
        super().__init__(frame, spread)
        self._of_jobs = frame.jobs * JOB_VALUES
        self.size += self._of_jobs
        self.job_id: Any = None

    def child_id(self, number: int) -> int:
        return self.id_at(self._of_jobs + number)

    def of_job(self, job: int) -> tuple[int, ...]:
        """Return the values of a job."""
        return tuple(self.id_at(job * JOB_VALUES + n) for n in range(JOB_VALUES))

    def field(self, row: int) -> int:
        """Return the number of the custom field, each at most once per owner."""
        if row < self._of_jobs:
            return 9 + (row // JOB_VALUES + row % JOB_VALUES) % 3
        owner, nth = self._spread.owner(row - self._of_jobs)
        return (owner + nth) % 9

    def values(self, row: int) -> tuple[str, ...]:
        field = self.field(row)
        known = VALUES[FIELDS[field][2]]
        pick = mix(self._salt, row) & 3
        if FIELDS[field][2] == "Select":
            pick = pick & 1 | (2 if field == 11 else 0)
        return FIELD_NAMES[field], known[pick]

    def created_ms(self, row: int) -> int:
        return self._frame.start_ms + row

    def target(self, row: int, name: str) -> str:
        return "jobs" if name == "owner" and 0 <= row < self._of_jobs else super().target(row, name)

    def related(self, row: int, name: str) -> tuple[int, ...]:
        if name == "custom-field":
            return (FIRST_FIELD + self.field(row) * 2,)
        if row < self._of_jobs:
            return (self.job_id(row // JOB_VALUES),)
        return (self.talent(row - self._of_jobs),)
