"""SIGTERM during and after a sync in the foreground."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from jemmo.cli.sync.syncs import run_until_stopped


def ours(_signal: int, _frame: object) -> None:
    raise AssertionError("not while a sync runs")


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, ours)
    yield
    signal.signal(signal.SIGTERM, before)


async def nothing() -> str:
    return "done"


async def told_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()


def test_the_sigterm_handler_is_restored_after_a_sync() -> None:
    assert run_until_stopped(nothing()) == "done"

    assert signal.getsignal(signal.SIGTERM) is ours


def test_sigterm_stops_a_sync_as_ctrl_c_does_and_is_restored() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_until_stopped(told_to_stop())

    assert signal.getsignal(signal.SIGTERM) is ours
