"""The scopes of API tokens."""

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


PART_SCOPES = {"resumes": ApiScope.FILES}
"""What a part of a record takes besides the right to the record."""
PREFIX = "jemmo_"
"""The prefix of every token, so that secret scanners recognize it."""
