"""Responses of any length: written to a file while they have a thread and a connection, sent without them.

Little of them is in memory. The rest is in an unnamed file, encrypted with a key that only this process has, in memory,
until the response ends. ``download`` marks their views, which have their own threads (see ``jemmo.web.frame.serving``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import TypeVar
from weakref import finalize

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import Resolver404, resolve
from django.utils.http import content_disposition_header

from jemmo.web.frame.access import MemberRequest
from jemmo.web.frame.limits import Crowded, InFlight
from jemmo.web.frame.peers import client_address, visitor

ViewT = TypeVar("ViewT", bound=Callable[..., HttpResponseBase])
IN_MEMORY = 1024 * 1024  # bytes of one response
PART = 64 * 1024  # bytes sent at a time
WRITING_SECONDS = 300.0  # for a response to be written

BYTES = InFlight(each=512 * 1024 * 1024, all_of_them=1024 * 1024 * 1024)
"""The disk space of downloads until they are sent, per address, per organization, and in total."""
PLACES = InFlight(each=4, all_of_them=32)
"""Downloads being written or sent, for each organization and in total."""
WRITERS = InFlight(each=1, all_of_them=32)
"""Downloads being written: one organization must not take all of their threads."""


class Spool:
    """An unnamed file that is written once, then read once. Raises ``Crowded`` beyond its limits.

    It can't seek, and its content is unreadable without the key, which is gone with this object.
    """

    def __init__(self, address: str, org: str) -> None:
        cipher = Cipher(AES256(os.urandom(32)), CTR(os.urandom(16)))
        self._seal, self._open = cipher.encryptor(), cipher.decryptor()
        with ExitStack() as held:
            held.enter_context(PLACES.of(org))(1)
            self._take = held.enter_context(BYTES.of(f"address {address}", f"organization {org}"))
            self._file = held.enter_context(SpooledTemporaryFile(IN_MEMORY))
            self._end = finalize(self, held.pop_all().close)
        self._until = time.monotonic() + WRITING_SECONDS

    @property
    def closed(self) -> bool:
        return not self._end.alive

    def write(self, content: bytes) -> int:
        if time.monotonic() > self._until:
            raise Crowded
        self._take(len(content))
        return self._file.write(self._seal.update(content))

    def flush(self) -> None:
        """Do nothing: only this object reads what it writes."""

    def rewind(self) -> None:
        self._file.seek(0)

    def read(self, size: int) -> bytes:
        return self._open.update(self._file.read(size))

    def close(self) -> None:
        self._end()


class Spooled(StreamingHttpResponse):
    """A file to download, written by ``write`` before this returns. Parts of texts are whole lines.

    Raises ``Crowded``, for which the middleware returns 503.
    """

    def __init__(
        self,
        request: MemberRequest,
        write: Callable[[Spool], object],
        *,
        content_type: str,
        file_name: str,
    ) -> None:
        org = str(request.organisation.id)
        self.file = Spool(visitor(client_address(request)), org)
        try:
            with WRITERS.of(org) as writer:
                writer(1)
                write(self.file)
            self.file.rewind()
        except BaseException:
            self.file.close()
            raise
        parts = _lines(self.file) if content_type.startswith("text/") else _parts(self.file)
        # Not the generator itself: Django would close it with the response, before it is sent.
        super().__init__(map(bytes, parts), content_type=content_type)
        self["Content-Disposition"] = content_disposition_header(True, file_name)  # noqa: FBT003 - as an attachment

    def close(self) -> None:
        """Close the file too, unless it is still to be sent. ``serving`` closes it then."""
        super().close()
        if not self.is_async:
            self.file.close()


def download(view: ViewT) -> ViewT:
    """Mark a view that returns ``Spooled``."""
    view.is_download = True  # type: ignore[attr-defined]
    return view


def is_download(path: str) -> bool:
    """Whether the page at this path is a ``download``."""
    try:
        return hasattr(resolve(path).func, "is_download")
    except Resolver404:
        return False


def lines(texts: Iterable[str | bytes]) -> Callable[[Spool], None]:
    """Write texts one after the other."""

    def write(file: Spool) -> None:
        for text in texts:
            file.write(text.encode() if isinstance(text, str) else text)

    return write


def _parts(file: Spool) -> Iterator[bytes]:
    """The file's content; the file is deleted after the last part."""
    while part := file.read(PART):
        yield part
    file.close()


def _lines(file: Spool) -> Iterator[bytes]:
    begun: list[bytes] = []
    for part in _parts(file):
        whole, newline, rest = part.rpartition(b"\n")
        if newline:
            yield b"".join([*begun, whole, newline])
            begun.clear()
        begun.append(rest)
    if last := b"".join(begun):
        yield last
