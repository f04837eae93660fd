"""Records requested one by one, for an ATS without webhooks."""

from __future__ import annotations

from datetime import UTC, datetime

from fakes.source import SPECS, FakeSource

from jemmo.connectors.base import BY_NAME_AT_MOST, by_name
from jemmo.domain.records import Talent
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import RefetchRequest


async def test_each_record_is_read_gone_or_left_for_the_next_refetch() -> None:
    people = [Talent(remote_id=str(n), first_name="Lou") for n in range(40)]
    source = FakeSource({Stream.TALENTS: [people]}, specs=SPECS)
    names = ["gone", *(str(n) for n in range(BY_NAME_AT_MOST + 4))]
    requests = [RefetchRequest(stream=Stream.TALENTS, remote_id=one) for one in names]

    found = await by_name(source, requests, datetime.now(UTC))

    assert found.gone == [(Stream.TALENTS, "gone")]
    read = [one.remote_id for page in found.pages for one in page.raw]
    assert read == names[1:BY_NAME_AT_MOST]
    assert found.unseen == [(Stream.TALENTS, one) for one in names[BY_NAME_AT_MOST:]]
    assert source.requests == BY_NAME_AT_MOST
