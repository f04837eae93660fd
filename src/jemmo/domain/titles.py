"""Groups job titles that differ only in spelling. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from jemmo.domain.plain_text import normalized

_GENDERS = re.compile(
    r"\W(?:[hfmwdxg]\s?[/\-.|]\s?){1,2}[hfmwdxg](?:\W|$)", re.IGNORECASE
)  # H/F, (m/w/d), F-H
_NOT_A_WORD = re.compile(r"[^\w+#]+")


def plain(title: str) -> str:
    """Return a title without case, accents, punctuation and gender suffixes; C++ and C# stay distinct."""
    folded = normalized("NFKD", normalized("NFKD", title).casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    without = _GENDERS.sub(" ", f" {letters} ")
    return " ".join(_NOT_A_WORD.sub(" ", without).split())


def variants(titles: Iterable[str]) -> list[list[str]]:
    """Return groups of titles whose ``plain`` form is the same, each spelling once, largest group first."""
    groups: dict[str, set[str]] = {}
    for title in titles:
        if key := plain(title):
            groups.setdefault(key, set()).add(title.strip())
    spellings = [sorted(group) for group in groups.values() if len(group) > 1]
    return sorted(spellings, key=lambda group: (-len(group), group))
