"""The address of a database, in every form that PostgreSQL's own tools take: a URL, or ``host=… dbname=…``.

Its parts have libpq's names. No error repeats the address, since it holds the password.
"""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from jemmo.domain.errors import ConfigError

ENCODE = (
    "Percent-encode special characters of its password: % as %25, @ as %40, / as %2F, a space as %20. Or write "
    "DATABASE_URL as host=… port=… dbname=… user=… password='…'."
)
FORMS = "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or host=… port=… dbname=… user=… password=…"
POOLER_OPTION = (
    "Remove what follows the question mark, pgbouncer=true for example: it is meant for Prisma."
)


def parse(address: str) -> dict[str, str]:
    """The parts that the address names. Raises ``ConfigError``."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except (psycopg.Error, UnicodeDecodeError) as error:
        raise _unreadable(str(error), is_url="://" in address) from None
    if "://" in address and not _is_clear(parts):
        raise _refused("DATABASE_URL has a password that cannot be told from the host.", ENCODE)
    return parts


def changed(address: str, **parts: str | None) -> str:
    """The same database with other parts; ``None`` takes one out."""
    return make_conninfo("", **{**parse(address), **parts})


def _is_clear(parts: dict[str, str]) -> bool:
    """Whether no part of a password ended up in another place; sockets' paths may hold anything."""
    hosts = [host for host in parts.get("host", "").split(",") if not host.startswith(("/", "@"))]
    misplaced = any("@" in part for part in (*hosts, parts.get("dbname", "")))
    return not misplaced and re.fullmatch(r"[\d,]*", parts.get("port", "")) is not None


def _unreadable(reason: str, *, is_url: bool) -> ConfigError:
    if "invalid URI query parameter" in reason:
        return _refused("DATABASE_URL has an option that PostgreSQL does not know.", POOLER_OPTION)
    if is_url and "missing" not in reason:
        return _refused("DATABASE_URL cannot be read.", ENCODE)
    return _refused("DATABASE_URL is not the address of a PostgreSQL database.", FORMS)


def _refused(message: str, next_step: str) -> ConfigError:
    return ConfigError(message, code="database_url", next_step=next_step)
