"""Answers of any length: written down while their thread and connection are at hand, sent when they no longer are.

Little of them is in memory. The rest is in a file without a name, encrypted with a key that only this process has, in
memory, until the answer ends. ``download`` marks their views; these have their own threads (see
``jemmo.web.frame.serving``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import wraps
from tempfile import SpooledTemporaryFile
from typing import Any, Concatenate, ParamSpec, cast
from weakref import finalize

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import Resolver404, resolve
from django.utils.http import content_disposition_header

from jemmo.web.frame import errors
from jemmo.web.frame.access import MemberRequest, View
from jemmo.web.frame.limits import Crowded, InFlight
from jemmo.web.frame.peers import client_address, visitor

P = ParamSpec("P")
IN_MEMORY = 1024 * 1024  # bytes of one answer
PART = 64 * 1024  # bytes of it that are sent at a time
WRITING_SECONDS = 300.0  # for an answer to be written

BYTES = InFlight(each=512 * 1024 * 1024, all_of_them=1024 * 1024 * 1024)
"""The disk space of downloads until they are sent, per address, per organization, and in total."""
PLACES = InFlight(each=4, all_of_them=32)
"""Downloads that are written or sent, for each organization and in all."""
WRITERS = InFlight(each=1, all_of_them=32)
"""Downloads that are written: one organization does not take all of their threads."""


class Spool:
    """A file without a name that is written once, then read once. Raises ``Crowded`` beyond its limits.

    It can't seek, and nothing in it is readable without the key, which is gone with this object.
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
        """Nothing to do: only this object reads what it writes."""

    def rewind(self) -> None:
        self._file.seek(0)

    def read(self, size: int) -> bytes:
        return self._open.update(self._file.read(size))

    def close(self) -> None:
        self._end()


class Spooled(StreamingHttpResponse):
    """A file to download, as ``write`` writes it before this returns. Parts of texts are whole lines.

    Raises ``Crowded``, which ``download`` answers.
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
        """End the file too, unless it is still to be sent: ``serving`` ends it then."""
        super().close()
        if not self.is_async:
            self.file.close()


def download(
    view: Callable[Concatenate[Any, P], HttpResponseBase],
) -> View[P]:
    """Mark a view that answers with ``Spooled``; beyond the limits it answers 503."""

    @wraps(view)
    def answered(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Crowded:
            return errors.unavailable(request)

    answered.is_download = True  # type: ignore[attr-defined]
    return cast("View[P]", answered)


def is_download(path: str) -> bool:
    """Whether the page at this path is a ``download``."""
    try:
        return hasattr(resolve(path).func, "is_download")
    except Resolver404:
        return False


def lines(texts: Iterable[str | bytes]) -> Callable[[Spool], None]:
    """Writes texts one after the other."""

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
