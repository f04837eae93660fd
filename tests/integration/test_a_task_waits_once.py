"""A task isn't queued again while an identical one is waiting."""

from __future__ import annotations

from uuid import uuid4

import pytest
from fakes.company import in_thread
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.store.db import schema
from jemmo.tasks import files


@pytest.mark.long
async def test_a_task_from_a_worker_is_queued_once(database_url: str) -> None:
    connection = uuid4()
    connector = PsycopgConnector(
        kwargs=connector_params(), configure=schema.set_search_path_async, min_size=1, max_size=1
    )
    with app.replace_connector(connector) as running:
        async with running.open_async():
            assert [await files.enqueue(connection) for _ in range(2)] == [True, False]


async def test_a_task_from_a_page_is_queued_once(database_url: str) -> None:
    def twice() -> None:
        for _ in range(2):
            app.configure_task("fetch_connection_files", queueing_lock="files", lock="files").defer(
                connection_id="1"
            )

    with pytest.raises(AlreadyEnqueued):
        await in_thread(twice)
