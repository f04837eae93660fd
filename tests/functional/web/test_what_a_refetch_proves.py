"""A refetch counts as seeing the record in the ATS, wherever that time is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.company import company, in_thread

from jemmo.domain.streams import Stream
from jemmo.sandbox.server import run_sandbox
from jemmo.services.records import explanations, refresh
from jemmo.services.records.refresh import RecordRef
from jemmo.store.models import Organisation
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server


async def test_a_refreshed_record_was_seen_when_it_was_refreshed(database_url: str) -> None:
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        refreshed, gone, *_ = sorted(await found.ids(Stream.TALENTS))
        await ats.change("delete", "candidates", gone)
        began = datetime.now(UTC)

        def read(talent: str) -> None:
            target = RecordRef(connection_id=found.id, stream=Stream.TALENTS, remote_id=talent)
            refresh.refetch_now(target, database_url=database_url, vault=default_vault())

        def seen(talent: str) -> datetime | None:
            org = Organisation.objects.get()
            [answer, *_] = explanations.explain_record(org, talent, now=datetime.now(UTC))
            return answer.seen_at

        await in_thread(lambda: read(refreshed))
        await in_thread(lambda: read(gone))
        at = await in_thread(lambda: seen(refreshed))
        assert at is not None
        assert at >= began
        assert await in_thread(lambda: seen(gone)) is None
