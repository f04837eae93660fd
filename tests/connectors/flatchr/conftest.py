"""A Flatchr sandbox and a company connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from jemmo.sandbox import SandboxServer, run_sandbox

if TYPE_CHECKING:
    from fakes.company import Company

Pair = tuple[SandboxServer, "Company"]
Connect = Callable[..., Awaitable[Pair]]


@pytest.fixture
async def connect(database_url: str) -> AsyncIterator[Connect]:
    """A function that opens a sandbox with the given switches and connects to it with the given options."""
    # Imported here, since pytest may load this file before Django is configured.
    from fakes.company import company

    async with AsyncExitStack() as stack:

        async def open_both(
            *, options: dict[str, str] | None = None, key: str | None = None, **given: Any
        ) -> Pair:
            given = {"talents": 40, "seed": 11, **given}
            given["switches"] = {"rate_limit": False, **given.get("switches", {})}
            sandbox = await stack.enter_async_context(run_sandbox("flatchr", **given))
            needed = {"company_id": sandbox.provider.facts()["options"]["company_id"]}
            found = await company(
                database_url,
                base_url=sandbox.base_url,
                key=key or sandbox.key,
                provider="flatchr",
                options={"backoff": "0-0", **needed, **(options or {})},
            )
            return sandbox, found

        yield open_both
