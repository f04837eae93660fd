"""Requests over HTTP, with the proxies and certificates of the system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import NamedTuple, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener


class Lines(Protocol):
    """The body of a response, read as a whole or line by line."""

    def read(self) -> bytes: ...
    def __iter__(self) -> Iterator[bytes]: ...


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Lines


class Call(NamedTuple):
    """A request. ``timeout`` is in seconds, for connecting and for each read."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None
    timeout: float


Transport = Callable[[Call], AbstractContextManager[Answer]]
"""Sends a request; the response can be read inside the block. Raises ``OSError`` if none, or not all of it, arrives."""


class _NoRedirects(HTTPRedirectHandler):
    """Doesn't follow redirects: Python would send the token to whichever host they lead to."""

    def redirect_request(self, *_: object) -> None:
        return None


@contextmanager
def over_http(call: Call) -> Iterator[Answer]:
    if not call.url.startswith(("http://", "https://")):
        raise ValueError(f"{call.url} isn't a valid API address")
    request = Request(call.url, call.content, call.headers, method=call.method)  # noqa: S310 - checked above
    try:
        opened = build_opener(_NoRedirects).open(request, timeout=call.timeout)
    except HTTPError as refusal:
        opened = refusal
    try:
        with opened as response:
            yield Answer(response.status, response.headers, response)
    except HTTPException as error:
        raise ConnectionError(f"the response was cut off: {error!r}") from error


def seconds_of(retry_after: str | None) -> float | None:
    """The header ``Retry-After``, a number of seconds or a date, in seconds."""
    if not retry_after:
        return None
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
