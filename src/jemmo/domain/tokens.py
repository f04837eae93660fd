"""The scopes of API tokens."""

from __future__ import annotations

from enum import StrEnum


class ApiScope(StrEnum):
    """A token's permission. ``RECORDS`` alone shows people without contact details."""

    RECORDS = "records"
    CONTACTS = "contacts"
    FILES = "files"
    CONFIDENTIAL = "confidential"
    NOTES = "notes"
    PRIVACY = "privacy"
    ADMIN = "admin"


PART_SCOPES = {"resumes": ApiScope.FILES}
"""Permissions needed for parts of a record, in addition to the one for the record."""
PREFIX = "jemmo_"
"""The prefix of every token, so that secret scanners recognize it."""
