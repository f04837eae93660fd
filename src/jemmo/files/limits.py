"""The maximum size of a file."""

from __future__ import annotations

import os

from jemmo.domain.errors import ConfigError


def max_bytes() -> int:
    """Return the maximum size of a kept file: ``JEMMO_FILE_MB``, 20 by default. Raises ``ConfigError``."""
    megabytes = os.environ.get("JEMMO_FILE_MB", "20")
    if not megabytes.isdecimal() or not 1 <= int(megabytes) <= 200:
        raise ConfigError("file_limit", value=megabytes)
    return int(megabytes) * 1024 * 1024
