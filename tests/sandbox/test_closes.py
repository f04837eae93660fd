"""A closing sandbox leaves no connections open, whenever a client connects."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from jemmo.sandbox import run_sandbox


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("turns", range(6))  # event-loop turns between the connection and the close
async def test_a_connection_during_the_close_is_refused(turns: int) -> None:
    async with run_sandbox(talents=5) as server:
        place = urlsplit(server.base_url)
        late = socket.create_connection((str(place.hostname), place.port or 0), 1)
        for _ in range(turns):
            await asyncio.sleep(0)
    gc.collect()  # warns about connections that were left open
    with late, suppress(ConnectionResetError):
        assert late.recv(1) == b""
