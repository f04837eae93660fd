"""The command line, run in this process, and a simulated ATS."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from jemmo.cli.main import app
from jemmo.sandbox import SandboxServer, run_sandbox

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """The exit status and output of a command."""

    status: int
    out: str
    err: str
    raw: bytes

    @property
    def last(self) -> Any:
        """The JSON object of the last line."""
        return json.loads(self.out.strip().splitlines()[-1])

    @property
    def lines(self) -> list[Any]:
        """The output as one JSON object per line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Ats:
    """A sandbox in a separate thread, since a command runs its own event loop."""

    def __init__(self, server: SandboxServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.base_url = server.base_url
        self.key = server.key
        self._loop = loop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def change(self, op: str, kind: str, record: int | str | None = None, **order: Any) -> str:
        return self.do(self.server.change(op, kind, record, **order))

    def truth(self, kind: str) -> list[dict[str, Any]]:
        async def read() -> bytes:
            found = self.server.provider.truth(kind, self.base_url)
            return b"".join([line async for line in found])

        return [json.loads(line) for line in self.do(read()).splitlines()]


@contextmanager
def running(**options: Any) -> Iterator[Ats]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    options = {"talents": 40, "seed": 9, "key": "sandbox-key-0123456789", **options}
    options["switches"] = {"rate_limit": False, **options.get("switches", {})}
    server = run_sandbox(**options)
    try:
        started = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield Ats(started, loop)
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


Open = Callable[..., Ats]


@pytest.fixture
def open_ats() -> Iterator[Open]:
    """A function that starts sandboxes with any options; they stop with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(**options))


@pytest.fixture
def ats(open_ats: Open) -> Ats:
    return open_ats()


class Jemmo:
    """Runs commands against the test's database."""

    def __call__(self, *words: str, stdin: str = "") -> Said:
        # In a separate context, since a command sets the scope for its whole process.
        done = copy_context().run(CliRunner().invoke, app, words, input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, _text(done.stdout_bytes), done.stderr, done.stdout_bytes)

    def connect(self, ats: Ats, *more: str, org: str = "acme") -> Said:
        address = ("--base-url", ats.base_url, "--option", "pacing=off")
        words = ("teamtailor", "--org", org, "--key-stdin", *address, *more, "--json")
        done = self("connect", *words, stdin=ats.key + "\n")
        assert done.status == 0, done
        return done

    def sync(self, *more: str, org: str = "acme") -> Said:
        return self("sync", "--org", org, "--json", *more)


def _text(out: bytes) -> str:
    return out.decode(errors="replace")


@pytest.fixture
def jemmo(database_url: str) -> Jemmo:
    return Jemmo()
