"""Flatchr's webhooks: the event, and both ids of its subject.

They are unsigned, so a webhook only says what to refetch; its content isn't used. Its body is nested as documented, or
flat as one live consumer saw it. The same property may hold a number or an encoded id, so ids are recognized by shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Options, RefetchAnswer, Webhooks
from jemmo.connectors.flatchr.resumes import version_of
from jemmo.connectors.flatchr.source import FlatchrSource
from jemmo.connectors.flatchr.wire import whole_id
from jemmo.connectors.option_values import comma_list
from jemmo.connectors.refetching import refetch_from_changes
from jemmo.domain.errors import RecordRejected
from jemmo.domain.ports import Source
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.validation import text
from jemmo.domain.webhooks import ParsedWebhook, RefetchRequest

EVENTS = ("new_applicant", "drag_applicant", "new_message", "new_vacancy")
STREAMS = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
MAX_BODY = 1_000_000  # bytes
MAX_KEY = 1_000  # characters of a resume's storage key
UNNAMED = "lately"
"""Stands for a record whose webhook only has an id that no list shows: an applicant's number or a vacancy's code."""

_OVERLAP = timedelta(days=1)  # searches only know days, in an unknown time zone


class Ids(Struct, frozen=True):
    """The two ids of one object, as far as the body contains them."""

    clear: int | None = None
    encoded: str | None = None

    def __bool__(self) -> bool:
        return self.clear is not None or self.encoded is not None


class Event(Struct, frozen=True, kw_only=True):
    """An event and the records it is about.

    ``resume`` is where a file is, which lists may not show: see ``resumes.version_of``. ``fingerprint`` is equal for
    the same event sent twice.
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


def read(body: bytes, options: Options) -> ParsedWebhook:
    event = read_event(body, tuple(comma_list(options["webhook_events"])))
    if event is None:
        return ParsedWebhook(event="", known=False)
    requests: tuple[RefetchRequest, ...] = ()
    if event.applicant or event.candidate:
        named = event.applicant.encoded or UNNAMED
        requests = (
            RefetchRequest(stream=Stream.TALENTS, remote_id=named, file=event.resume),
            RefetchRequest(stream=Stream.APPLICATIONS, remote_id=named),
        )
    elif event.vacancy:
        named = UNNAMED if event.vacancy.clear is None else str(event.vacancy.clear)
        requests = (RefetchRequest(stream=Stream.JOBS, remote_id=named),)
    return ParsedWebhook(event=event.event, known=True, requests=requests)


async def refetch(
    source: Source, requests: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Refetch all named applicants with one search, as talents and as applications."""
    assert isinstance(source, FlatchrSource)
    source.forget()
    source.make.resumes = {request.remote_id: request.file for request in requests if request.file}
    return await refetch_from_changes(
        source, requests, since - _OVERLAP, streams=STREAMS, unnamed=UNNAMED
    )


def read_event(body: bytes, events: tuple[str, ...] = EVENTS) -> Event | None:
    """Return the event in a body; ``None`` if it is not in ``events``. Raises ``RecordRejected`` if malformed."""
    envelope = _decoded(body)
    event = text(envelope.get("event"))
    if event is None:
        raise RecordRejected("no_event", field="event")
    if event not in events:
        return None
    nested = envelope.get("data")
    data = nested if isinstance(nested, dict) else envelope
    applicant, candidate, vacancy, column, cv = (
        _part(data, name) for name in ("applicant", "candidate", "vacancy", "column", "cv")
    )
    resume = version_of(text(cv.get("key")), text(cv.get("extension")))
    company_ids = (_part(data, "company").get("id"), vacancy.get("company_id"))
    parts = (event, data.get("applicant_id"), data.get("column_id"), data.get("vacancy_id"),
             applicant.get("updated_at"), data.get("text"))  # fmt: skip
    return Event(
        event=event,
        company=_ids(envelope.get("company_id"), *company_ids),
        vacancy=_ids(vacancy.get("id"), data.get("vacancy_id")),
        applicant=_ids(applicant.get("id"), data.get("applicant_id")),
        candidate=_ids(candidate.get("id"), data.get("candidate_id")),
        column=_ids(data.get("column"), column.get("id"), data.get("column_id")),
        email=text(candidate.get("email")),
        resume=resume if resume and len(resume) <= MAX_KEY else None,
        fingerprint=blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest(),
    )


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        if len(body) <= MAX_BODY:
            return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    raise RecordRejected("not_a_webhook", ats="Flatchr")


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _ids(*values: Any) -> Ids:
    """Sort values into ids: an integer is the clear id, other text the encoded one. The first of each counts."""
    clear = next((number for value in values if (number := whole_id(value)) is not None), None)
    coded = [value for value in values if isinstance(value, str) and whole_id(value) is None]
    return Ids(clear, next(filter(None, map(text, coded)), None))


WEBHOOKS = Webhooks(
    read=read,
    refetch=refetch,
    streams=STREAMS,
    only_new=True,
    setup=_(
        "In Flatchr, as an administrator, open Administration > Marketplace > Webhooks. Enter "
        "the address once for each event. For the event sent when an applicant is moved, enter "
        "the address once for each column."
    ),
)
