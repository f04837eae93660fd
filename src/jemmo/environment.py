"""Settings from environment variables."""

from __future__ import annotations

import os

from jemmo.domain.errors import ConfigError


def number(name: str, default: int, *, least: int = 0) -> int:
    """The whole number in a variable. Raises ``ConfigError`` for anything else."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise ConfigError(
            f"{name} must be a whole number, {least} or more.",
            code="environment",
            next_step=f"Correct {name}.",
        )
    return int(text)
