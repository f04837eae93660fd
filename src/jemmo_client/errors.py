"""The API's errors, as exceptions."""

from __future__ import annotations

import json


class ApiError(Exception):
    """A request that the API refused.

    ``code`` stays the same between versions, so programs can rely on it. ``next_step`` says what to do.
    ``retry_after`` is in seconds, or ``None``.
    """

    def __init__(
        self, status: int, code: str, title: str, next_step: str, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{title} {next_step}".strip())
        self.status, self.code, self.title, self.next_step = status, code, title, next_step
        self.retry_after = retry_after


class CursorExpired(ApiError):
    """The feed can't continue from this number. Start over with a snapshot."""


class IncompleteSnapshot(Exception):
    """A snapshot ended before its last line. Read it again."""


def error_of(status: int, body: bytes, retry_after: float | None) -> ApiError:
    """The exception for a response, including one from a proxy that is not a problem document."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    kind = CursorExpired if status == 410 else ApiError
    title = problem.get("title") or f"The server responded with status {status}."
    next_step = problem.get("next_step") or (_MOVED if 300 <= status < 400 else "")
    return kind(status, problem.get("code") or "unknown", title, next_step, retry_after)


_MOVED = "Use the address it redirects to. The client never sends the token to another address."
