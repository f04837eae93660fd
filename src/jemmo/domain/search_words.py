"""Extracts the words by which a text can be found. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from jemmo.domain.plain_text import normalized

WORD = re.compile(r"[^\W_]+[+#]*")
MAX_WORDS = 6000  # distinct words per text
MAX_LENGTH = 40  # characters


def search_words(text: str) -> Iterator[str]:
    """Yield each word once, in lower case without accents. Skip e-mail addresses and all numbers except years.

    >>> sorted(search_words("Été 2019 : C++, ada@example.com, 06 00 00 00 01"))
    ['2019', 'c++', 'ete']
    """
    seen: set[str] = set()
    for token in WORD.findall(_plain(_without_addresses(text))):
        word = token[:MAX_LENGTH]
        if len(word) < 2 or word in seen or (word.isdecimal() and not _is_year(word)):
            continue
        seen.add(word)
        yield word
        if len(seen) >= MAX_WORDS:
            return


def _without_addresses(text: str) -> str:
    return " ".join(part for part in text.split() if "@" not in part.strip("@"))


def _plain(text: str) -> str:
    decomposed = normalized("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in {"19", "20"}
