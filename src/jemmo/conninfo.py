"""The address of a database in every form that PostgreSQL's own tools accept: a URL, or ``host=… dbname=…``.

Its parts have libpq's names. No error repeats the address, since it contains the password.
"""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from jemmo.domain.errors import ConfigError


def parse(address: str) -> dict[str, str]:
    """Return the parts of the address. Raises ``ConfigError``."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except (psycopg.Error, UnicodeDecodeError) as error:
        raise _unreadable(str(error), is_url="://" in address) from None
    if "://" in address and not _is_clear(parts):
        raise ConfigError("database_url", variant="password")
    return parts


def changed(address: str, **parts: str | None) -> str:
    """Return the address with other parts; ``None`` removes one."""
    return make_conninfo("", **{**parse(address), **parts})


def _is_clear(parts: dict[str, str]) -> bool:
    """Whether no part of a password ended up in another field. Socket paths may contain anything."""
    hosts = [host for host in parts.get("host", "").split(",") if not host.startswith(("/", "@"))]
    misplaced = any("@" in part for part in (*hosts, parts.get("dbname", "")))
    return not misplaced and re.fullmatch(r"[\d,]*", parts.get("port", "")) is not None


def _unreadable(reason: str, *, is_url: bool) -> ConfigError:
    if "invalid URI query parameter" in reason:
        return ConfigError("database_url", variant="option")
    if is_url and "missing" not in reason:
        return ConfigError("database_url", variant="unreadable")
    return ConfigError("database_url")
