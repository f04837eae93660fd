"""Sends a webhook once, without retries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

TIMEOUT_S = 5


async def post(url: str, content: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Post bytes unchanged, anything else as JSON; return the receiver's status, or 0 and an error without one."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return {"status": answer.status}
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return {"status": 0, "error": type(error).__name__}
