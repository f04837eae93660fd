"""The targets of a document's external references."""

from __future__ import annotations

import re
from urllib.parse import unquote

DRIVE = re.compile(r"/*(?:localhost/+)?[a-z][:|][\\/]")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:")
INCLUDED = re.compile(
    '\x13[\\s"]*INCLUDE(?:PICTURE|TEXT)?[\\s"]+([^\\s"\x13]{1,300})', re.IGNORECASE
)
"""What a Word field displays; ``\x13`` begins a field."""


def is_remote(target: str) -> bool:
    """Whether opening a target contacts another machine; a local path doesn't."""
    plain = unquote(target).strip().lower()
    if plain.startswith("file:"):
        path = plain.removeprefix("file:").replace("\\", "/")
        slashes = len(path) - len(path.lstrip("/"))
        if DRIVE.match(path) or path.startswith("//localhost/"):
            return False
        return slashes not in {0, 1, 3}
    return plain.startswith(("\\\\", "//")) or SCHEME.match(plain) is not None


def includes_share(fields: str) -> bool:
    """Whether a field shows a file from a network share: Word then contacts that machine and reveals the user."""
    return any(_is_share(field[1]) for field in INCLUDED.finditer(fields))


def _is_share(target: str) -> bool:
    slashed = unquote(target).strip().lower().replace("\\", "/")
    return slashed.startswith("//") or (slashed.startswith("file:") and is_remote(slashed))
