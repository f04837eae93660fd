"""Finds keys, tokens and secret links that people paste into text. Pure, and linear in the text's length."""

from __future__ import annotations

import re
from collections.abc import Iterable

REDACTED = "[redacted]"
MIN_OWN_LENGTH = 6  # characters; a shorter key would be found in ordinary words

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LINK = re.compile(
    r"(/(?:hooks|invitations|files/bytes|files/content|password/reset/key|email/confirm)/)[^\s\"'<>]+"
)
_LABELED = re.compile(
    r"(?i)(\b(?:api[ _-]?key|key|cl[ée]|token|jeton|secret|bearer|basic|password|passwd|pwd|mot de passe)"
    r"\b[\"']?[ \t]{0,2}(?:is|est|[:=])?[ \t]{0,2}[\"']?)([^\s\"'<>,;]{8,})"
)
_LOGIN = re.compile(r"(?<=://)[^\s/@]{1,256}@")
_WORD = re.compile(r"[\w+=~-]{16,}", re.ASCII)
_PREFIX = re.compile(
    r"(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|eyJ|jemmo|whsec)"
)
_BETWEEN = re.compile(r"[-_=+~]")


def without_keys(text: str, own: Iterable[str] = ()) -> str:
    """Return the text without anything that looks like a key, and without ``own`` keys, whatever they look like."""
    for key in sorted(own, key=len, reverse=True):
        if len(key) >= MIN_OWN_LENGTH:
            text = text.replace(key, REDACTED)
    text = _LINK.sub(rf"\1{REDACTED}", _LOGIN.sub(f"{REDACTED}@", text))
    text = _LABELED.sub(_labeled, text)
    return _WORD.sub(lambda word: REDACTED if _is_random(word[0]) else word[0], text)


def _labeled(match: re.Match[str]) -> str:
    """Treat text after "key:" as a key, unless it is an ordinary word."""
    label, value = match[1], match[2]
    plain = value.rstrip(".!?)").isalpha() and not label.rstrip(" \t\"'").endswith((":", "="))
    return match[0] if plain else f"{label}{REDACTED}"


def _is_random(word: str) -> bool:
    """Whether the word looks machine-generated: not words or numbers joined by hyphens, nor a record's id."""
    if _ID.fullmatch(word):
        return False
    if _PREFIX.match(word):
        return True
    parts = _BETWEEN.split(word)
    mixed = any(any(map(str.isdigit, part)) and any(map(str.isalpha, part)) for part in parts)
    cased = any(not (part.islower() or part.isupper() or part.istitle()) for part in parts if part)
    long = max(map(len, parts)) >= 32
    return (mixed and (cased or len(word) >= 20)) or long
