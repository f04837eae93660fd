"""Looking up what a trigger of Jarvi names: profiles, with the applications that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from jemmo.connectors.base import Options, Reread, Webhooks
from jemmo.connectors.jarvi.hints import profile_ids
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.domain.errors import RecordRejected
from jemmo.domain.ports import Source
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import Heard, Hint

EVENT = "trigger"


def read(body: bytes, options: Options) -> Heard:
    """Any JSON object or list is taken: the payload is not documented, so only ids are looked for."""
    try:
        told = msgspec.json.decode(body, type=dict[str, Any] | list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordRejected("This is not a trigger of Jarvi.", code="not_a_webhook") from None
    ids = profile_ids(told, options["webhook_id_paths"])
    hints = tuple(Hint(stream=Stream.TALENTS, remote_id=one) for one in ids)
    return Heard(event=EVENT, known=bool(hints), hints=hints)


async def reread(source: Source, hints: Sequence[Hint], since: datetime) -> Reread:
    """One request a profile. Each id is a guess, so one that Jarvi does not know as a profile proves nothing."""
    assert isinstance(source, JarviSource)
    found = Reread()
    named = (hint.remote_id for hint in hints if hint.stream is Stream.TALENTS)
    for remote_id in dict.fromkeys(named):
        pages = await source.profile_pages(remote_id)
        found.pages += pages
        if not pages:
            found.gone.append((Stream.TALENTS, remote_id))
    return found


WEBHOOKS = Webhooks(
    read=read,
    reread=reread,
    streams=(),
    setup=_(
        "In Jarvi, as an admin: add a trigger for a change of a profile's status in a project, with the action "
        "of calling a webhook, and enter the address."
    ),
)
