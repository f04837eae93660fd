"""A sandbox that closes leaves no connection behind, at whatever moment somebody comes."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from jemmo.sandbox import run_sandbox


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("turns", range(6))  # of the event loop, from the arrival to the closing
async def test_who_comes_last_is_sent_away(turns: int) -> None:
    async with run_sandbox(talents=5) as server:
        place = urlsplit(server.base_url)
        late = socket.create_connection((str(place.hostname), place.port or 0), 1)
        for _ in range(turns):
            await asyncio.sleep(0)
    gc.collect()  # a connection that nobody closed is told here
    with late, suppress(ConnectionResetError):
        assert late.recv(1) == b""
