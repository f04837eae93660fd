"""Looking up what a webhook of Flatchr names. There is no applicant by id, so what changed lately is searched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jemmo.connectors.base import Options, Reread, Webhooks
from jemmo.connectors.flatchr.source import FlatchrSource
from jemmo.connectors.flatchr.webhooks import read_hint
from jemmo.domain.ports import Source
from jemmo.domain.streams import Start, Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import Heard, Hint

LATELY = "lately"
"""Stands for the record of a webhook that names it by an id which no list shows: an applicant by the whole number, a
vacancy by the encoded id."""

_OVERLAP = timedelta(days=1)  # searches know days only, of a zone that may not be ours


def read(body: bytes, options: Options) -> Heard:
    events = tuple(part.strip() for part in options["webhook_events"].split(",") if part.strip())
    found = read_hint(body, events)
    if found is None:
        return Heard(event="", known=False)
    if found.applicant or found.candidate:
        named = found.applicant.encoded or LATELY
        hints = [
            Hint(stream=Stream.TALENTS, remote_id=named, file=found.resume),
            Hint(stream=Stream.APPLICATIONS, remote_id=named),
        ]
    elif found.vacancy:
        named = str(found.vacancy.clear) if found.vacancy.clear is not None else LATELY
        hints = [Hint(stream=Stream.JOBS, remote_id=named)]
    else:
        hints = []
    return Heard(event=found.event, known=True, hints=tuple(hints))


async def reread(source: Source, hints: Sequence[Hint], since: datetime) -> Reread:
    """One search serves all applicants that were named, as talents and as applications.

    Who is not among them is not gone: Flatchr announces no deletion, and a search by day proves none.
    """
    assert isinstance(source, FlatchrSource)
    found = Reread()
    start = Start(since=since - _OVERLAP)
    source.forget()
    source.make.resumes = {hint.remote_id: hint.file for hint in hints if hint.file}
    for stream in (Stream.JOBS, *_APPLICANTS):
        wanted = {hint.remote_id for hint in hints if hint.stream is stream}
        if not wanted:
            continue
        met: set[str] = set()
        async for page in source.pages(stream, start):
            found.pages.append(page)
            met |= {one.remote_id for one in page.raw if one.remote_id}
            if wanted <= met:
                break
        missed = wanted - met - {LATELY}
        found.unseen += [(stream, remote_id) for remote_id in sorted(missed)]
    return found


_APPLICANTS = (Stream.TALENTS, Stream.APPLICATIONS)

WEBHOOKS = Webhooks(
    read=read,
    reread=reread,
    streams=(Stream.JOBS, *_APPLICANTS),
    only_new=True,
    setup=_(
        "In Flatchr, as an administrator: Administration > Marketplace > Webhooks. Enter the address once for each "
        "event; the one for moved applicants once for each column."
    ),
)
