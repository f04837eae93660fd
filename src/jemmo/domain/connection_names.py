"""The name of a connection, the same in every text."""

from __future__ import annotations


def connection_name(*, label: str, provider: str) -> str:
    """Return the label that someone chose, or the ATS's name.

    >>> connection_name(label="", provider="teamtailor")
    'Teamtailor'
    """
    return label or provider.capitalize()
