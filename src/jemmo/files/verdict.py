"""Decides from a file's first bytes whether it may be kept; ``inspection`` checks more, in the sandbox."""

from __future__ import annotations

from jemmo.files.kinds import JPEG, PNG

REASONS = {
    "empty": "The file is empty.",
    "too_large": "The file is too large for Jemmo to store.",
    "type_not_kept": "The file isn't a supported document (PDF, Word, ODT, RTF, text, image).",
    "broken": "The file is damaged.",
    "archive_bomb": "The file would expand to an excessive size.",
    "macros": "The file contains macros.",
    "embedded": "The file contains another file or program.",
    "encrypted": "The file is password-protected.",
    "too_costly": "Inspecting the file took too much time or memory.",
}


class Refused(Exception):
    """This file is not kept; ``code`` is the reason, ``message`` its text for people."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code
        self.message = REASONS[code]


class Unfinished(Refused):
    """The inspection was cut off by its limits, or because the machine lacked time or memory."""


def at_first_sight(content: bytes, *, max_bytes: int) -> str | None:
    """Return an image's content type, ``None`` for files to inspect. Raises ``Refused``."""
    if len(content) > max_bytes:
        raise Refused("too_large")
    if not content:
        raise Refused("empty")
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return None
