"""Decides whether a file is kept, and reads its text. Stores nothing."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jemmo.files.kinds import ENDINGS, IMAGES
from jemmo.files.text import examine
from jemmo.files.verdict import Refused


class Reading(Struct, frozen=True, kw_only=True):
    """``kind`` is the usual extension for the content type; both are ``None`` for a refused file.

    ``reason`` is the code of why the file can't be kept or read, ``None`` if it can.
    """

    kind: str | None
    content_type: str | None
    verdict: Literal["kept", "refused"]
    reason: str | None
    text_status: Literal["read", "empty", "failed"]
    text: str


def read(content: bytes, *, max_bytes: int) -> Reading:
    """Inspect and read a file. Raises ``ReaderUnavailable``."""
    try:
        examined = examine(content, max_bytes=max_bytes)
    except Refused as refusal:
        return Reading(
            kind=None,
            content_type=None,
            verdict="refused",
            reason=refusal.code,
            text_status="failed",
            text="",
        )
    reason = None if examined.content_type in IMAGES else examined.reason
    return Reading(
        kind=ENDINGS[examined.content_type],
        content_type=examined.content_type,
        verdict="kept",
        reason=reason,
        text_status="failed" if reason else "read" if examined.text else "empty",
        text=examined.text,
    )
