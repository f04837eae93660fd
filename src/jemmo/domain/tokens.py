"""What an API token may read."""

from __future__ import annotations

from enum import StrEnum


class ApiScope(StrEnum):
    """A right of a token. ``RECORDS`` alone shows people without a way to reach them."""

    RECORDS = "records"
    CONTACTS = "contacts"
    FILES = "files"
    CONFIDENTIAL = "confidential"
    NOTES = "notes"
    PRIVACY = "privacy"
    ADMIN = "admin"


PREFIX = "jemmo_"
"""What every token begins with, so that scanners of leaked secrets recognize one."""
