"""Addresses without what must not be seen: queries may hold signatures, filters may hold people."""

from __future__ import annotations

from urllib.parse import urlsplit


def address(url: str) -> str:
    """Host and path alone.

    >>> address("https://u:p@api.example.com/v1/people?token=abc#x")
    'https://api.example.com/v1/people'
    """
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
