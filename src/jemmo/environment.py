"""Settings from environment variables."""

from __future__ import annotations

import math
import os
from urllib.parse import SplitResult

from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import split_address


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


def seconds(name: str, default: float) -> float:
    """The number of seconds in a variable. Raises ``ConfigError`` for anything else."""
    text = os.environ.get(name, "").strip()
    try:
        found = float(text or default)
    except ValueError:
        found = -1.0
    if not 0 <= found < math.inf:
        raise ConfigError(
            f"{name} must be a number of seconds.",
            code="environment",
            next_step=f"Correct {name}.",
        )
    return found


def address(name: str) -> SplitResult:
    """The address in a variable, empty without one. Raises ``ConfigError`` for what is none."""
    try:
        parts = split_address(os.environ.get(name, "").strip())
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ConfigError(
            f"{name} cannot be read.",
            code="environment",
            next_step=f"Correct {name}. Percent-encode special characters of its password, @ as %40 for example.",
        ) from None
    return parts
