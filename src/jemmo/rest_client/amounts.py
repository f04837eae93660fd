"""Limits a response's size and number of values, since decoded values take far more memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from jemmo.domain.errors import PermanentError, SliceOver
from jemmo.rest_client import retries

_NO_VALUES = bytes(set(range(256)) - set(b",:[{"))


class Amount(Struct, frozen=True):
    """A limit. A decoded value takes up to about 100 bytes plus its text, and text up to four times its bytes."""

    size: int
    values: int


PAGE = Amount(64 * 1024 * 1024, 4_000_000)
"""The limit for a response in a worker: the largest page of a list, with a margin."""
REPLY = Amount(8 * 1024 * 1024, 250_000)
"""The limit for a response that a web process waits for. It must fit unpaginated lists, such as Flatchr's vacancies."""

LARGE = 4 * 1024 * 1024  # bytes; usual pages are smaller
LARGE_HOLDERS = 2  # clients per process that may hold larger responses, until they are closed
LARGE_TRIES, LARGE_PAUSE = 20, 0.5  # pause in seconds between attempts to get a place


class Places:
    """Limits large responses to a few clients at a time, since processing one takes many times its size."""

    def __init__(self, most: int = LARGE_HOLDERS) -> None:
        self._most = most
        self._holders: set[Hashable] = set()

    async def take(self, holder: Hashable) -> None:
        """Wait a while for a place, which the holder keeps. Raises ``SliceOver``, to continue the work later.

        Only work that yields to others needs a place, since other processes do one thing at a time.
        """
        for _ in range(LARGE_TRIES if retries.gives_way() else 0):
            if holder in self._holders or len(self._holders) < self._most:
                self._holders.add(holder)
                return
            await retries.pause(LARGE_PAUSE)
        if retries.gives_way():
            raise SliceOver

    def leave(self, holder: Hashable) -> None:
        self._holders.discard(holder)


places = Places()
"""The places of this process."""

_ALLOWED: ContextVar[Amount] = ContextVar("the limit of each answer", default=PAGE)


@contextmanager
def at_most(amount: Amount) -> Iterator[None]:
    """Limit each response requested within the block."""
    token = _ALLOWED.set(amount)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def largest() -> int:
    """Return the maximum size of a response in bytes."""
    return _ALLOWED.get().size


def bounded(body: bytes) -> bytes:
    """Return the JSON body. Raises ``PermanentError`` if it contains too many values."""
    most = _ALLOWED.get().values
    if len(body) > most and values(body) > most:
        raise PermanentError("answer_too_large", variant="values", values=most)
    return body


def values(body: bytes) -> int:
    """Return the largest possible number of values and keys in a JSON text, by its commas, colons and brackets.

    >>> values(b'{"a": [1, 2], "b": {}}')
    7
    """
    return 1 + len(body.translate(None, _NO_VALUES))


def too_large() -> PermanentError:
    """Return the error for a response that is too large."""
    return PermanentError("answer_too_large", megabytes=round(largest() / 1024 / 1024))
