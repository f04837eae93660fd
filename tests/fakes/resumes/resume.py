"""A resume of the corpus, and the text that a reader should extract."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["read", "empty", "failed", "refused"]


@dataclass(frozen=True)
class Resume:
    """A file as written by one producer, with the words that the producer's own program shows."""

    name: str
    kind: str
    """A content type of ``jemmo.files.kinds``."""
    producer: str
    language: str
    feature: str
    content: bytes
    words: tuple[str, ...]
    """In reading order, as far as the format has one."""
    feature_words: tuple[str, ...] = ()
    """The words that test the feature; none of them may be missing."""
    forbidden: tuple[str, ...] = ()
    """Words in the file that are not visible: deleted text, field codes, metadata, fallbacks."""
    once: tuple[str, ...] = ()
    """Words that are stored twice but shown once."""
    outcome: Outcome = "read"
    """``failed`` also allows the inspection to refuse the file as broken."""


def words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFC", text)))


def shown(*lines: str) -> tuple[str, ...]:
    return words_of("\n".join(lines))
