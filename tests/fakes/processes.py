"""The command line in a separate process, as users run it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """The exit status and output of a finished command."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> Any:
        """The JSON object of the last line."""
        return json.loads(self.out.strip().splitlines()[-1])


async def begin(*words: str, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jemmo", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
    )


@asynccontextmanager
async def part(*words: str, env: dict[str, str]) -> AsyncIterator[None]:
    """Run a Jemmo process while the block runs."""
    process = await begin(*words, env=env)
    try:
        yield
    finally:
        process.terminate()
        await process.communicate()


async def finish(process: asyncio.subprocess.Process, stdin: str = "") -> Done:
    out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def jemmo(*words: str, stdin: str = "", env: dict[str, str] | None = None) -> Done:
    return await finish(await begin(*words, env=env), stdin)
