"""A resume of the corpus, and what a reader should get from it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["read", "empty", "failed", "refused"]


@dataclass(frozen=True)
class Resume:
    """A file as one producer writes it, with the words that its own program shows."""

    name: str
    kind: str
    """A content type of ``jemmo.files.kinds``."""
    producer: str
    language: str
    feature: str
    content: bytes
    words: tuple[str, ...]
    """In reading order, as far as the format has one."""
    telling: tuple[str, ...] = ()
    """Those of the words that are there because of the feature: none may be lost."""
    forbidden: tuple[str, ...] = ()
    """In the file, but not on the page: deleted text, field codes, metadata, fallbacks."""
    once: tuple[str, ...] = ()
    """Stored twice, but shown once."""
    outcome: Outcome = "read"
    """``failed`` also covers files that the inspection may already refuse as broken."""


def words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFC", text)))


def shown(*lines: str) -> tuple[str, ...]:
    return words_of("\n".join(lines))
