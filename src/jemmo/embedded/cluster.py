"""Creates the data folder once, atomically."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from jemmo.embedded.account import Account
from jemmo.embedded.errors import PostgresError
from jemmo.embedded.places import PORT, Places
from jemmo.embedded.programs import major_version, programs_for

SETTINGS = Path(__file__).with_name("postgres.conf")

# The tables' owner, and the application's roles that it creates.
WHO_GETS_IN = 'local all "/^jemmo(_app_[0-9a-f]+)?$" scram-sha-256\n'

# In template1, so that every later database has the extensions too. The role is no superuser: a statement must not
# reach the operating system. It creates the role that the application connects as (``jemmo.store.db.roles``).
FIRST_STATEMENTS = """\
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION vector;
CREATE ROLE jemmo LOGIN CREATEDB CREATEROLE PASSWORD '{password}';
CREATE DATABASE jemmo OWNER jemmo;
"""


def initialise(places: Places, account: Account, *, lock: int) -> None:
    """Create the cluster if it doesn't exist.

    The programs share our lock. If we are killed, the next command waits until they have ended too, and then removes
    their unfinished files.
    """
    if places.cluster.exists():
        return
    for half_made in places.root.glob("new-*"):
        shutil.rmtree(half_made)
    fresh = Places(root=places.root / f"new-{secrets.token_hex(4)}")
    for folder in (fresh.root, fresh.cluster, fresh.data):
        folder.mkdir(mode=0o700)
        account.admit(folder)
    account.own(fresh.data)
    fresh.data.chmod(0o700)
    _create(fresh, account, lock)
    fresh.cluster.rename(places.cluster)
    _sync(places.root)
    fresh.root.rmdir()


def let_make_roles(places: Places, account: Account, *, lock: int) -> None:
    """Update a cluster of an older Jemmo, whose role could not create other roles."""
    if not places.makes_roles.exists():
        _execute("ALTER ROLE jemmo CREATEROLE;\n", places, account, lock)
        places.makes_roles.touch()


def check_version(places: Places) -> None:
    """Reject data of another major version before the server does, with a clearer message."""
    made_by = (places.data / "PG_VERSION").read_text().strip()
    if made_by != str(major_version()):
        is_newer = not made_by.isdecimal() or int(made_by) > major_version()
        raise PostgresError(
            variant="newer" if is_newer else "older",
            folder=places.data,
            version=made_by,
            ours=major_version(),
            root=places.root,
            name=places.root.name,
        )


def write_settings(places: Places) -> None:
    """Write our settings at every start, since the folder or Jemmo's version may have changed."""
    listening = str(places.sockets).replace("'", "''").replace('"', '""')
    text = f"{SETTINGS.read_text()}\nport = {PORT}\nunix_socket_directories = '\"{listening}\"'\n"
    _write(places.data / "jemmo.conf", text, mode=0o644)
    _write(places.data / "pg_hba.conf", WHO_GETS_IN, mode=0o644)


def _create(fresh: Places, account: Account, lock: int) -> None:
    programs = programs_for(account)
    account.run(
        [
            *(programs / "initdb", "-D", fresh.data, "--username=postgres", "--auth=reject"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        ],
        cwd=fresh.root,
        keep=[lock],
    )
    with (fresh.data / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude_if_exists = 'jemmo.conf'\n")
    password = secrets.token_urlsafe(32)
    _execute(FIRST_STATEMENTS.format(password=password), fresh, account, lock)
    _write(fresh.password, password, mode=0o600)
    fresh.makes_roles.touch()
    _sync(fresh.cluster)


def _execute(statements: str, places: Places, account: Account, lock: int) -> None:
    """Execute as the superuser, who can connect only this way, while no server runs."""
    program = programs_for(account) / "postgres"
    account.run(
        [program, "--single", "-c", "exit_on_error=on", "-D", places.data, "template1"],
        cwd=places.root,
        feed=statements,
        keep=[lock],
    )


def _write(path: Path, text: str, *, mode: int) -> None:
    """Replace a file atomically and sync it to disk."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(mode)  # whatever the umask
    fresh.rename(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
