"""A company's database on its own server, and poolers in front of it, for tests/deploy."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

PASSWORD = "owner's own"
POOLER_PORT = "6432"
STARTS = 300.0  # seconds until a pooler must accept connections


def as_url(conninfo: str, **changes: str) -> str:
    """Return the URL form of a connection string, which most people paste."""
    parts = {**conninfo_to_dict(conninfo), **changes}
    user, password = parts.pop("user"), quote(str(parts.pop("password")), safe="")
    return f"postgresql://{user}:{password}@/{parts.pop('dbname')}?{urlencode(parts)}"


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        for statement in statements:
            db.execute(statement.encode())


@dataclass(frozen=True)
class Customer:
    """A company's database, and the role that owns it."""

    name: str
    url: str
    admin_url: str
    """The superuser's URL of that database."""


@contextmanager
def customer(
    server: str, *, rights: str = "CREATEROLE", encoding: str = "UTF8"
) -> Iterator[Customer]:
    name = f"customer_{secrets.token_hex(4)}"
    shared = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as db:
        role = f"CREATE ROLE {name} LOGIN {rights} PASSWORD {{}}"
        db.execute(sql.SQL(role).format(PASSWORD))
        # C.UTF-8 supports only the encoding UTF-8.
        database = (
            f"CREATE DATABASE {{}} OWNER {{}} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
        )
        db.execute(sql.SQL(database).format(shared, shared))
        yield Customer(
            name,
            as_url(server, dbname=name, user=name, password=PASSWORD),
            make_conninfo(server, dbname=name),
        )
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(shared))
        made = f"SELECT rolname FROM pg_roles WHERE rolname LIKE 'jemmo\\_app\\_%' OR rolname = '{name}'"
        for (role,) in db.execute(made.encode()).fetchall():
            with suppress(
                psycopg.errors.DependentObjectsStillExist
            ):  # another test still uses the role
                db.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


Pooler = Callable[..., str]


@contextmanager
def pooled(
    server: str, url: str, *, mode: str = "session", knows_roles: bool = True, **more: str
) -> Iterator[str]:
    """Run a pooler and yield the URL through it.

    With ``knows_roles`` it looks up roles on the server; otherwise it knows only the role of ``url``.
    """
    folder = Path(mkdtemp(prefix="jemmo-pooler-", dir="/tmp"))  # the path of a socket must be short
    user = conninfo_to_dict(url)["user"]
    settings = {
        "listen_addr": "",
        "listen_port": POOLER_PORT,
        "unix_socket_dir": str(folder),
        "logfile": str(folder / "log"),
        "pool_mode": mode,
        "auth_type": "scram-sha-256",
        "auth_file": str(folder / "users"),
        **more,
    }
    if knows_roles:
        settings["auth_user"] = "jemmo"
        settings["auth_query"] = "SELECT usename, passwd FROM pg_shadow WHERE usename = $1"
    (folder / "users").write_text(f'"{user}" "{PASSWORD}"\n"jemmo" ""\n')
    lines = [f"{name} = {value}" for name, value in settings.items()]
    place = conninfo_to_dict(server)["host"]
    (folder / "ini").write_text(
        "\n".join(["[databases]", f"* = host={place}", "[pgbouncer]", *lines])
    )
    process = subprocess.Popen(
        [*_as_postgres(folder), "pgbouncer", "--quiet", str(folder / "ini")],
        env={"PATH": f"{os.environ['PATH']}:/usr/sbin"},
    )
    try:
        address = as_url(url, host=str(folder), port=POOLER_PORT)
        _await(address, process, folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _as_postgres(folder: Path) -> list[str]:
    """Return how to run as ``postgres`` if we are root, since PgBouncer refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + STARTS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > ends:
                pytest.fail(f"the pooler does not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.05)
        else:
            return
