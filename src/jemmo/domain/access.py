"""The actions that the access log records: viewing, downloading or changing personal data."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Action(StrEnum):
    CONTACTS_VIEWED = "contacts_viewed"
    CONTACTS_REVEALED = "contacts_revealed"
    FILE_VIEWED = "file_viewed"
    FILE_DOWNLOADED = "file_downloaded"
    SEARCHED = "searched"
    EXPORTED = "exported"
    SUBJECT_VIEWED = "subject_viewed"
    SUBJECT_EXPORTED = "subject_exported"
    ERASED = "erased"
    NOT_TO_CONTACT = "not_to_contact"
    CONTACT_AGAIN = "contact_again"
    RECORD_VIEWED = "record_viewed"
    RECORD_EXPORTED = "record_exported"


FOLDED = timedelta(minutes=10)
"""A page that is reopened or updated within this time counts as one view."""
