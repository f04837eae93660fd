"""What a document's reference to something outside it points to."""

from __future__ import annotations

import re
from urllib.parse import unquote

DRIVE = re.compile(r"/*(?:localhost/+)?[a-z][:|][\\/]")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:")


def is_remote(target: str) -> bool:
    """Whether opening a target asks another machine; a path on one's own disk does not."""
    plain = unquote(target).strip().lower()
    if plain.startswith("file:"):
        path = plain.removeprefix("file:").replace("\\", "/")
        slashes = len(path) - len(path.lstrip("/"))
        if DRIVE.match(path) or path.startswith("//localhost/"):
            return False
        return slashes not in {0, 1, 3}
    return plain.startswith(("\\\\", "//")) or SCHEME.match(plain) is not None
