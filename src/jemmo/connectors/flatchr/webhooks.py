"""What a webhook of Flatchr says: an event, and both ids of what it is about. Pure; receiving is another's business.

A webhook is a hint where to look, never a source: it carries no signature. The body is nested as
documented or flat as one
live consumer saw it, and the same name holds a whole number here and an encoded id there, so each id is put by
its shape.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.flatchr.resumes import version_of
from jemmo.connectors.flatchr.wire import whole
from jemmo.domain.errors import RecordRejected
from jemmo.domain.validation import text

EVENTS = ("new_applicant", "drag_applicant", "new_message", "new_vacancy")
MAX_BODY = 1_000_000  # bytes
MAX_KEY = 1_000  # characters of a resume's place


class Ids(Struct, frozen=True):
    """The two ids of one object, as far as the body gives them."""

    clear: int | None = None
    encoded: str | None = None

    def __bool__(self) -> bool:
        return self.clear is not None or self.encoded is not None


class Hint(Struct, frozen=True, kw_only=True):
    """What an event is about.

    ``email`` and ``vacancy`` find the applicant by a search where only the clear id is known. ``resume`` is the place
    of a file, which no list may show: see ``resumes.version_of``. ``fingerprint`` is the same for the same event told
    twice.
    """

    event: str
    company: Ids
    vacancy: Ids = Ids()
    applicant: Ids = Ids()
    candidate: Ids = Ids()
    column: Ids = Ids()
    email: str | None = None
    resume: str | None = None
    fingerprint: str = ""


def read_hint(body: bytes, events: tuple[str, ...] = EVENTS) -> Hint | None:
    """The hint in a body, ``None`` for an event not asked for; raises ``RecordRejected`` for what is no webhook."""
    envelope = _decoded(body)
    event = text(envelope.get("event"))
    if event is None:
        raise RecordRejected("The webhook has no event.", code="no_event", field="event")
    if event not in events:
        return None
    nested = envelope.get("data")
    told = nested if isinstance(nested, dict) else envelope
    candidate, cv = _part(told, "candidate"), _part(told, "cv")
    return Hint(
        event=event,
        company=_ids(envelope.get("company_id"), _part(told, "company").get("id"),
                     _part(told, "vacancy").get("company_id")),
        vacancy=_ids(_part(told, "vacancy").get("id"), told.get("vacancy_id")),
        applicant=_ids(_part(told, "applicant").get("id"), told.get("applicant_id")),
        candidate=_ids(candidate.get("id"), told.get("candidate_id")),
        column=_ids(told.get("column"), _part(told, "column").get("id"), told.get("column_id")),
        email=text(candidate.get("email")),
        resume=_resume(cv),
        fingerprint=_fingerprint(event, told),
    )  # fmt: skip


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        if len(body) <= MAX_BODY:
            return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    raise RecordRejected("This is not a webhook of Flatchr.", code="not_a_webhook")


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _ids(*values: Any) -> Ids:
    """A whole number is the clear id, any other text the encoded one; the first of each counts."""
    clear = next((found for value in values if (found := whole(value)) is not None), None)
    coded = [value for value in values if isinstance(value, str) and whole(value) is None]
    return Ids(clear, next((word for value in coded if (word := text(value))), None))


def _resume(cv: dict[str, Any]) -> str | None:
    found = version_of(text(cv.get("key")), text(cv.get("extension")))
    return found if found and len(found) <= MAX_KEY else None


def _fingerprint(event: str, told: dict[str, Any]) -> str:
    applicant = _part(told, "applicant")
    parts = (event, told.get("applicant_id"), told.get("column_id"), told.get("vacancy_id"),
             applicant.get("updated_at"), told.get("text"))  # fmt: skip
    return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
