"""Recognizes the addresses of an API, so that its key is sent nowhere else."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import SplitResult, parse_qsl

from jemmo.domain.errors import PermanentError
from jemmo.domain.validation import join_address, may_be_address, split_address

MAX_LINK_LENGTH = 64 * 1024  # characters
_PLAIN = re.compile(r"[\w-][\w/-]*(?:\?[\w%&=,+.~-]+)?", re.ASCII)
"""Paths that need no further check, because none of their characters can lead elsewhere."""


class OwnAddresses:
    """The addresses on the host of an API's base address."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._root = "/".join([*base_url.split("/", 3)[:3], ""])

    def same_host(self, path: str) -> str:
        """Return the absolute address of ``path``; refuse other hosts before the key is sent there.

        ``path`` may come from a saved position. Behind a proxy, an ATS may write links with another scheme or port of
        its host. Only their path is used, and it is requested at the address that we know.
        """
        if len(path) > MAX_LINK_LENGTH or not may_be_address(path):
            raise PermanentError("broken_link")
        if path.startswith(self._root) and _PLAIN.fullmatch(path, len(self._root)):
            return path
        if path.startswith("/") and _PLAIN.fullmatch(path, 1):
            return self._root[:-1] + path
        try:
            url = join_address(self._base_url + "/", path)
            ours, theirs = split_address(self._base_url), split_address(url)
            is_ours = _host(ours) == _host(theirs)
        except ValueError:
            raise PermanentError("broken_link") from None
        if not is_ours:
            raise PermanentError("foreign_link", host=theirs.hostname)
        return theirs._replace(scheme=ours.scheme, netloc=ours.netloc).geturl()

    def path_of(self, url: str) -> str:
        """Return the path and query of an address on the same host. They stay valid if the host changes later."""
        if (
            url.startswith(self._root)
            and len(url) <= MAX_LINK_LENGTH
            and _PLAIN.fullmatch(url, len(self._root))
        ):
            return url[len(self._root) - 1 :]
        parts = split_address(self.same_host(url))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def with_query(place: str, asked: str) -> str | None:
    """Return a redirect's target with the query of the address that was asked, if it has none of its own.

    ``None`` if it lacks a parameter, since the response would then be another list.

    >>> with_query("https://a.example/jobs/", "https://a.example/jobs?fields=tags")
    'https://a.example/jobs/?fields=tags'
    """
    target, query = split_address(place), split_address(asked).query
    if not target.query:
        return target._replace(query=query).geturl()
    sent, kept = (
        Counter(parse_qsl(text, keep_blank_values=True)) for text in (query, target.query)
    )
    return place if sent <= kept else None
