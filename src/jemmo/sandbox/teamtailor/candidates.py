"""Talents, each computed from its row."""

import json
from typing import Any

from jemmo.sandbox.spread import Spread
from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import names, texts
from jemmo.sandbox.teamtailor.file_links import ORIGINAL, RENDITION, FileLinks
from jemmo.sandbox.teamtailor.frame import Frame
from jemmo.sandbox.teamtailor.lookups import DEPARTMENTS, PLACES, REGIONS, ROLES

FIRST_ID = 900_101
ATTRIBUTES = (
    "connected consent-future-jobs-at created-at email facebook-id first-name internal last-name "
    "linkedin-uid linkedin-url original-resume phone picture pitch referring-site referring-url "
    "referred resume sourced unsubscribed updated-at restricted-at facebook-profile "
    "linkedin-profile tags resume_summary profile-url"
)
MANY = {
    "job-applications": ("job-applications", "candidate"), "uploads": ("uploads", "candidate"),
    "custom-field-values": ("custom-field-values", "owner"), "regions": ("regions", ""),
    "locations": ("locations", ""), "activities": ("activities", ""), "answers": ("answers", ""),
    "questions": ("questions", ""), "partner-results": ("partner-results", ""),
    "nps-responses": ("nps-responses", ""), "form-answers": ("form-answers", ""),
    "onboardings": ("onboardings", ""),
}  # fmt: skip
PAIR = tuple(f"{n:02d}" for n in range(100)) * 2
PHONES = (
    ("+33 6 00 ", " ", " ", ""), ("06.00.", ".", ".", ".00"), ("+33600", "", "", "00"),
    ("+1 (415) 555-01", " x", "", ""), ("555.01", "", " ext. ", " "),
    ("+33 (0)6 00 ", " ", " ", ""), ("+44 20 5550 ", "", " ", ""),
    ("", "", "", ""),
)  # fmt: skip
PITCH = tuple(json.dumps(text) for text in texts.PITCHES)
SITE = tuple((json.dumps(site), json.dumps(url)) for site, url in texts.SITES)
PROFILE = tuple(json.dumps(text) for text in texts.PROFILES)
SUMMARY = tuple(json.dumps(text) for text in texts.SUMMARIES)
FLAG = ("false", "true")


class Candidates(Base):
    """The talents of the company. Ids have gaps of one to five."""

    type = "candidates"
    attributes = tuple(ATTRIBUTES.split())

    def __init__(
        self, frame: Frame, file_links: FileLinks, children: dict[str, tuple[Spread, Any]]
    ) -> None:
        self.size = frame.talents
        self._frame = frame
        self._vault = file_links
        self._children = children
        self._bits = frame.talent_bits()
        self.relations = {
            "department": Relation("departments"), "division": Relation("divisions"),
            "role": Relation("roles"),
            **{
                name: Relation(target, many=True, inverse=back)
                for name, (target, back) in MANY.items()
            },
        }  # fmt: skip

    def bits(self, row: int) -> int:
        """Return the 64 bits that determine one talent."""
        return self._bits[row]

    def id_at(self, row: int) -> int:
        return FIRST_ID + row * 3 + self._bits[row] % 3

    def row_of(self, record: int) -> int:
        row = (record - FIRST_ID) // 3
        return row if 0 <= row < self.size and self.id_at(row) == record else -1

    def created_ms(self, row: int) -> int:
        return self._frame.talent_ms(row, self.bits(row))

    def updated_ms(self, row: int) -> int:
        bits = self.bits(row)
        return self._frame.later_ms(self._frame.talent_ms(row, bits), bits >> 10)

    def email(self, row: int, bits: int) -> str:
        """Return the address within JSON quotes, or null."""
        if bits >> 20 & 31 == 7:
            return "null"
        if row % 97 == 13:  # another talent's address: real data has such duplicates
            row -= 5
            bits = self.bits(row)
        first, last = bits >> 30 & 1023, bits >> 40 & 1023
        box = names.MAILBOXES[bits >> 50 & 3]
        return f'"{names.FIRST_SLUG[first]}.{names.LAST_SLUG[last]}.{row}@{box}"'

    def phone(self, bits: int) -> str:
        """Return a phone number as people type it, or null."""
        start, separator, gap, end = PHONES[bits >> 52 & 7]
        if not start:
            return "null"
        a, b, c = PAIR[bits >> 3 & 127], PAIR[bits >> 33 & 127], PAIR[bits >> 43 & 127]
        return f'"{start}{a}{separator}{b}{gap}{c}{end}"'

    def files(self, row: int, bits: int, version: int = 0) -> tuple[str, str]:
        """Return the links of resume and original-resume (JSON texts)."""
        kind = bits >> 56 & 15
        if kind > 9 and not version:
            return "null", "null"
        record = FIRST_ID + row * 3 + bits % 3
        return self.links(record, kind, version)

    def links(self, record: int, kind: int, version: int) -> tuple[str, str]:
        """Sign both links: often the same, sometimes a docx original, sometimes none."""
        link = self._vault.link(record, RENDITION, version, "pdf")
        if kind < 5:
            return link, link
        if kind < 8:
            return link, self._vault.link(record, ORIGINAL, version, "docx")
        return link, "null"

    def values(self, row: int) -> tuple[str, ...]:
        bits = self._bits[row]
        frame, text = self._frame, self._frame.local.text
        created = frame.talent_ms(row, bits)
        resume, original = self.files(row, bits)
        site, url = SITE[bits >> 26 & 7]
        sourced = bits >> 20 & 15 == 7
        email = self.email(row, bits)
        return (
            FLAG[bits >> 13 & 7 == 3],
            text(created) if bits >> 17 & 3 == 2 else "null",
            text(created), email, "null",
            names.FIRST_JSON[bits >> 30 & 1023],
            FLAG[bits >> 23 & 31 == 3],
            names.LAST_JSON[bits >> 40 & 1023],
            f'"ln{row:08d}"' if sourced else "null",
            f'"https://www.linkedin.com/in/exemple-{row}"' if bits >> 14 & 3 == 1 else "null",
            original, self.phone(bits), "null", PITCH[bits >> 35 & 15], site, url,
            FLAG[bits >> 28 & 15 == 5], resume, FLAG[sourced],
            FLAG[bits >> 44 & 31 == 9],
            text(frame.later_ms(created, bits >> 10)),
            text(created) if bits >> 38 & 255 == 77 else "null",
            "null", PROFILE[bits >> 47 & 7] if sourced else "null", texts.TAGS[bits >> 31 & 15],
            SUMMARY[bits >> 58 & 3],
            f'"https://app.teamtailor.com/companies/example/candidates/{self.id_at(row)}"',
        )  # fmt: skip

    def facet(self, row: int, name: str) -> Any:
        bits = self.bits(row)
        if name == "email":
            return json.loads(self.email(row, bits))
        if name == "phone":
            return json.loads(self.phone(bits))
        return bits >> 13 & 7 == 3 if name == "connected" else super().facet(row, name)

    def plain(self, row: int, name: str) -> str | None:
        """Return an attribute as JSON text without computing the others, if possible."""
        return FLAG[self._bits[row] >> 23 & 31 == 3] if name == "internal" else None

    def related(self, row: int, name: str) -> tuple[int, ...]:
        if name in self._children:
            spread, base = self._children[name]
            return tuple([base.child_id(n) for n in spread.children(row)])
        bits = self.bits(row) >> 21
        if name == "department":
            return (501 + bits % len(DEPARTMENTS) * 2,) if bits & 3 == 1 else ()
        if name == "role":
            return (601 + bits % len(ROLES) * 2,) if bits & 7 == 1 else ()
        if name == "locations":
            return (701 + bits % len(PLACES) * 3,) if bits & 8 else ()
        return (651 + bits % len(REGIONS) * 2,) if name == "regions" and bits & 16 else ()
