"""Jobs in every status, in French and English."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jemmo.sandbox.mixing import mix
from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import texts
from jemmo.sandbox.teamtailor.frame import DAY_MS, MIN_JOBS, Frame
from jemmo.sandbox.teamtailor.lookups import DEPARTMENTS, DIVISIONS, PLACES, REGIONS, ROLES, USERS
from jemmo.sandbox.teamtailor.stages import Stages

ATTRIBUTES = (
    "title internal-name pitch body status human-status internal pinned start-date end-date "
    "created-at updated-at tags picture apply-button-text external-application-url mailbox "
    "recruiter-email language-code template-name sharing-image-layout name-requirement "
    "resume-requirement cover-letter-requirement phone-requirement additional-files-requirement "
    "remote-status employment-type employment-level min-salary max-salary currency "
    "salary-time-unit"
)
KINDS = (
    ("published", False), ("archived", False), ("published", True), ("unlisted", False),
    ("draft", False), ("expired", False), ("scheduled", False), ("published", False),
    ("archived", True), ("published", False), ("archived", False), ("published", False),
    ("draft", True), ("archived", False), ("published", False), ("unsaved", False),
)  # fmt: skip
STATUS = {"published": "open", "scheduled": "open", "expired": "open", "unsaved": "temp"}
REMOTE = ("none", "temporary", "hybrid", "fully")
EMPLOYMENT = (
    "fully",
    "part",
    "contract",
    "temporary",
    "apprenticeship",
    "internship",
    "volunteer",
    "none",
)
LEVELS = (
    "none",
    "senior",
    "mid",
    "professionals",
    "technicians",
    "sales",
    "administrative",
    "support",
)
SALARIES: tuple[tuple[Any, Any, str | None, str | None], ...] = (
    (None, None, None, None), (38000, 45000, "EUR", "yearly"), (2450.5, 2900.0, "EUR", "monthly"),
    ("500.0", "650.0", "GBP", "daily"), (None, "", "", None), (12.02, None, "EUR", "hourly"),
    ("42000", 52000, "EUR", "yearly"), (None, None, None, None),
)  # fmt: skip
TAGS: tuple[list[str], ...] = (
    [],
    ["python"],
    ["cdi", "paris"],
    [],
    ["urgent "],
    [],
    ["santé", "nuit"],
    [],
)


class Jobs(Base):
    """The jobs of the company, about one for sixty talents."""

    type = "jobs"
    attributes = tuple(ATTRIBUTES.split())
    relations = {
        **{name: Relation(name + "s") for name in ("department", "division", "role", "location")},
        "user": Relation("users"), "team": Relation("teams"),
        "requisition": Relation("requisitions"),
        "stages": Relation("stages", many=True, inverse="job"),
        "candidates": Relation("candidates", many=True, inverse="job"),
        "custom-field-values": Relation("custom-field-values", many=True, inverse="owner"),
        "colleagues": Relation("users", many=True),
        **{
            name: Relation(name, many=True)
            for name in ("locations", "regions", "team-memberships", "questions",
                         "picked-questions", "activities", "custom-fields")
        },
    }  # fmt: skip

    def __init__(self, frame: Frame, stages: Stages) -> None:
        self.size = frame.jobs
        self._frame = frame
        self._stages = stages
        self._salt = frame.salt("jobs")
        self.values_of: Callable[[int], tuple[int, ...]] = lambda _row: ()
        self.candidates_of: Callable[[int], tuple[int, ...]] = lambda _row: ()
        self._cached = lru_cache(maxsize=2048)(self._compute)

    def id_at(self, row: int) -> int:
        return self._stages.job_id(row)

    def row_of(self, record: int) -> int:
        return self._stages.job_row(record)

    def kind(self, row: int) -> tuple[str, bool]:
        """Return human-status and whether the job is in the internal feed only."""
        if row < MIN_JOBS:
            return KINDS[row]  # so that even the smallest company shows every status
        return KINDS[mix(self._salt, row) % len(KINDS)]

    def created_ms(self, row: int) -> int:
        if row < MIN_JOBS:
            return self._frame.start_ms - (MIN_JOBS - row) * DAY_MS
        share = max(1, self._frame.jobs - MIN_JOBS)
        length = self._frame.epoch_ms - 20 * DAY_MS - self._frame.start_ms
        return self._frame.start_ms + (row - MIN_JOBS) * length // share

    def updated_ms(self, row: int) -> int:
        return self._frame.later_ms(self.created_ms(row), mix(self._salt, row) >> 22)

    def dates(self, row: int) -> tuple[int | None, int | None]:
        """Return start and end; a scheduled job starts after the epoch, an expired one is over."""
        kind, epoch = self.kind(row)[0], self._frame.epoch_ms
        if kind == "scheduled":
            return epoch + (20 + row % 40) * DAY_MS, None
        if kind == "expired":
            return self.created_ms(row), epoch - (1 + row % 9) * DAY_MS
        return None, epoch + 3650 * DAY_MS if row % 3 == 1 else None

    def values(self, row: int) -> tuple[str, ...]:
        return self._cached(row)

    def _compute(self, row: int) -> tuple[str, ...]:
        known = self._texts(row) | self._state(row) | self._terms(row)
        text = self._frame.local.text
        moments = dict(zip(("start-date", "end-date"), self.dates(row), strict=True))
        moments |= {"created-at": self.created_ms(row), "updated-at": self.updated_ms(row)}
        written = {name: "null" if ms is None else text(ms) for name, ms in moments.items()}
        return tuple(
            written[name] if name in written else json.dumps(known[name])
            for name in self.attributes
        )

    def _texts(self, row: int) -> dict[str, Any]:
        bits = mix(self._salt, row) >> 4
        french = row % 2 == 0
        titles, bodies = (
            (texts.TITLES_FR, texts.BODIES_FR) if french else (texts.TITLES_EN, texts.BODIES_EN)
        )
        title = titles[bits % len(titles)] + (" " if bits >> 8 & 15 == 3 else "")
        return {
            "title": title, "internal-name": f"{title} #{row}" if row % 4 == 1 else None,
            "pitch": ("", None, "CDI, à pourvoir vite !", "Join us")[bits >> 12 & 3],
            "body": bodies[bits >> 14 & 1], "language-code": "fr" if french else "en",
        }  # fmt: skip

    def _state(self, row: int) -> dict[str, Any]:
        kind, internal = self.kind(row)
        bits = mix(self._salt, row) >> 7
        picture = {size: f"https://img.example.com/{row}/{size}.jpg"
                   for size in ("original", "standard", "thumb")}  # fmt: skip
        return {
            "status": STATUS.get(kind, kind), "human-status": kind, "internal": internal,
            "pinned": bits & 15 == 2, "tags": TAGS[bits >> 4 & 7],
            "picture": picture if bits & 3 == 1 else None,
            "mailbox": f"job-{row}@inbound.example.net",
            "recruiter-email": USERS[1 + row % 2][1], "template-name": None,
            "sharing-image-layout": "default" if bits & 1 else None,
        }  # fmt: skip

    def _terms(self, row: int) -> dict[str, Any]:
        bits = mix(self._salt, row) >> 11
        low, high, currency, unit = SALARIES[bits >> 9 & 7]
        need = ("optional", "required", "off")
        return {
            "apply-button-text": ("", None, "Postuler")[bits % 3],
            "external-application-url": ("", None)[bits & 1],
            "name-requirement": "required", "resume-requirement": need[bits % 3],
            "cover-letter-requirement": need[(bits >> 2) % 3],
            "phone-requirement": need[(bits >> 4) % 3], "additional-files-requirement": "off",
            "remote-status": REMOTE[bits >> 3 & 3], "employment-type": EMPLOYMENT[bits >> 5 & 7],
            "employment-level": LEVELS[bits >> 8 & 7], "min-salary": low, "max-salary": high,
            "currency": currency, "salary-time-unit": unit,
        }  # fmt: skip

    def facet(self, row: int, name: str) -> Any:
        if name == "human-status":
            return self.kind(row)[0]
        return self.kind(row)[1] if name == "internal" else super().facet(row, name)

    def related(self, row: int, name: str) -> tuple[int, ...]:
        bits = mix(self._salt, row) >> 13
        place = 701 + bits % len(PLACES) * 3
        plain: dict[str, tuple[int, ...]] = {
            "department": (501 + bits % len(DEPARTMENTS) * 2,) if bits & 7 else (),
            "role": (601 + bits % len(ROLES) * 2,) if bits & 3 else (),
            "division": (551 + bits % len(DIVISIONS) * 2,) if bits & 4 else (),
            "location": (place,), "regions": (651 + bits % len(REGIONS) * 2,) if bits & 8 else (),
            "locations": (place,) if bits & 6 else (place, 701 if place != 701 else 704),
            "user": (3008 + bits % 2 * 7,), "colleagues": (3001,),
        }  # fmt: skip
        if name == "stages":
            return tuple(self._stages.stage_id(row, n) for n in range(self._stages.count(row)))
        if name == "candidates":
            return self.candidates_of(row)
        return self.values_of(row) if name == "custom-field-values" else plain.get(name, ())
