"""Decides whether a PDF may be stored."""

from __future__ import annotations

from jemmo.files import active
from jemmo.files.readers import pdf
from jemmo.files.verdict import Refused


def judge(content: bytes) -> None:
    """Raise ``Refused`` for a PDF with active content, or one that can't be inspected."""
    try:
        if active.is_active(content):
            raise Refused("embedded")
        if active.is_encrypted(content):
            if active.is_active(_decrypted(content)):
                raise Refused("embedded")
        elif active.is_active_inside(content):
            raise Refused("embedded")
    except active.TooMuch:
        raise Refused("archive_bomb") from None
    except active.Unreadable:
        raise Refused("embedded") from None


def _decrypted(content: bytes) -> bytes:
    """Return the object streams of an encrypted PDF, if it opens without a password."""
    try:
        return pdf.object_streams(content)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever breaks pypdf
        raise Refused("encrypted") from None
