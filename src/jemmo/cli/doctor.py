"""Looks at everything a working installation needs and says what is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from jemmo import bootstrap, embedded
from jemmo.cli.output import CUSTOMER_ACTS, explained_errors, out, say_json
from jemmo.cli.probe import tell_probe
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.key_care import About

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from jemmo.store.models import Connection


class Finding(Struct, frozen=True):
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    next_step: str | None = None


def doctor(
    provider: Annotated[
        str | None, typer.Argument(help="Only the connections of this ATS.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Look for what the ATS does not document; prints names and types, never values.",
        ),
    ] = False,
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the database, the encryption keys and every connection. Exit status 4 when you must act."""
    with explained_errors():
        if probe:
            tell_probe(provider, org, json=json)
            return
        findings = list(_look(provider, org))
        if json:
            say_json({"ok": all(one.ok for one in findings), "findings": findings})
        else:
            for one in findings:
                mark = "[green]ok[/]  " if one.ok else "[red]bad[/] "
                out.print(f"{mark} {one.what}: ", end="")
                out.print(one.detail, markup=False, soft_wrap=True)
                if one.next_step and not one.ok:
                    out.print(f"     → {one.next_step}", markup=False, soft_wrap=True)
        if not all(one.ok for one in findings):
            raise typer.Exit(CUSTOMER_ACTS)


def _look(provider: str | None, org: str | None) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version)
    try:
        url = bootstrap.start()
    except ConfigError as error:
        about_keys = error.code in {"encryption_keys", "wrong_keyset"}
        what = "Encryption keys" if about_keys else "Database"
        yield Finding(what, False, error.message, error.next_step)
        return
    yield Finding("Database", True, "reachable and up to date")
    for problem in embedded.check_server(url):
        yield Finding("Database", not problem.blocking, problem.message, problem.next_step)
    yield _role()
    yield _vault()
    yield _storage()
    yield from _connections(provider, org)


def _role() -> Finding:
    """Whether the application works apart from the tables' owner. It is protected either way."""
    from jemmo.services import application_role

    if application_role.is_apart():
        return Finding("Row-level security", True, "the application owns no table")
    return Finding(
        "Row-level security", True, "forced upon the tables' owner, who may make no role"
    )


def _vault() -> Finding:
    from jemmo.vault import default_vault, keyset_path

    try:
        default_vault()
    except JemmoError as error:
        return Finding("Encryption keys", False, error.message, error.next_step)
    return Finding("Encryption keys", True, str(keyset_path()))


def _storage() -> Finding:
    from jemmo.files.choose import open_storage

    try:
        storage = open_storage()
        storage.check()
    except JemmoError as error:
        return Finding("File storage", False, error.message, error.next_step)
    return Finding("File storage", True, storage.place)


def _files(connection: Connection) -> Finding | None:
    """The queue of files; only what a person can do something about is bad."""
    from jemmo.cli.connections import files_line
    from jemmo.store.selectors.files import counts_of

    counts = counts_of(connection)
    line = files_line(counts)
    if not line:
        return None
    name = f"{connection.org.slug} / {connection.provider} files"
    blocked = sorted(ACTED_ON & set(counts.reasons))
    steps = " ".join(ACTED_ON_BY[reason] for reason in blocked)
    return Finding(name, not blocked, line.removeprefix("files: "), steps or None)


ACTED_ON_BY = {
    "file_host": "Add the host where the ATS keeps its files to the connection's option file_hosts.",
    "resumes_off": "Ask the ATS's support where files are fetched, then set file_url_template.",
    "key_refused": "Connect the ATS again with a key that works.",
    "storage_refused": "Check JEMMO_FILES and the key that belongs to it.",
}
ACTED_ON = set(ACTED_ON_BY)


def _connections(provider: str | None, org: str | None) -> Iterator[Finding]:
    from jemmo.cli.connections import key_line
    from jemmo.services import connections, key_care
    from jemmo.vault import default_vault

    for connection in connections.selected(provider, org):
        name = f"{connection.org.slug} / {connection.provider}"
        try:
            report = connections.test(connection, default_vault())
        except JemmoError as error:
            yield Finding(name, False, error.message, error.next_step)
            continue
        missing = [check for check in report.checks if not check.ok]
        details = "; ".join(check.detail or check.name for check in missing)
        yield Finding(name, not missing, details or "the key works and may read everything needed")
        if told := key_care.of(connection, datetime.now(UTC)):
            # A key that is due is advice; one that is dead is what makes syncs fail.
            step = "Replace it in Settings > ATS integration, on the card of the connection."
            yield Finding(f"{name} key", told.about is not About.EXPIRED, key_line(told), step)
        if (queue := _files(connection)) is not None:
            yield queue
