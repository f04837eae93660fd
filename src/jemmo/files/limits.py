"""How large a file may be."""

from __future__ import annotations

import os

from jemmo.domain.errors import ConfigError


def max_bytes() -> int:
    """The largest file that is kept: ``JEMMO_FILE_MB``, 20 unless set; raises ``ConfigError``."""
    megabytes = os.environ.get("JEMMO_FILE_MB", "20")
    if not megabytes.isdecimal() or not 1 <= int(megabytes) <= 200:
        raise ConfigError("file_limit", value=megabytes)
    return int(megabytes) * 1024 * 1024
