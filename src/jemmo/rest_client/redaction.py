"""Removes confidential parts of addresses: queries may contain signatures and personal data."""

from __future__ import annotations

from urllib.parse import SplitResult

from jemmo.domain.validation import split_address


def address(url: str) -> str:
    """Return only host and path.

    >>> address("https://u:p@api.example.com/v1/people?token=abc#x")
    'https://api.example.com/v1/people'
    """
    try:
        parts = split_address(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.hostname or ''}{_port(parts)}{parts.path}"


def _port(parts: SplitResult) -> str:
    try:
        return f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
