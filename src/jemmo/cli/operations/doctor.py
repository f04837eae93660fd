"""Checks everything that a working installation needs and reports what is missing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from rich.text import Text

from jemmo import embedded
from jemmo.cli.connections.probe import print_probe
from jemmo.cli.options import Json, OnlyOrg
from jemmo.cli.output import CUSTOMER_ACTS, explain, out, print_json
from jemmo.cli.startup import start
from jemmo.domain import system_errors
from jemmo.domain.errors import JemmoError
from jemmo.domain.key_care import About
from jemmo.home import home
from jemmo.store.db import schema
from jemmo.store.operations import exercise

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from jemmo.store.models import Connection


LEAST_FREE = 500  # megabytes
SAME_FOLDER = {"disk_full", "not_writable"}
"""The startup message about the data folder, which the doctor has already reported."""


class Finding(Struct, frozen=True):
    """One check."""

    what: str
    ok: bool
    detail: str
    next_step: str | None = None


def doctor(
    provider: Annotated[
        str | None, typer.Argument(metavar="[ATS]", help="Check only connections to this ATS.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Look for undocumented fields in the ATS, and print their names and types (never their values).",
        ),
    ] = False,
    org: OnlyOrg = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-storage",
            help="Accept the storage in JEMMO_FILES for this database after its files were lost or moved.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Check the database, keys, storage, and connections.

    The exit status is 0 if there are no problems, and 4 if you need to take action.
    """
    if probe:
        print_probe(provider, org, json=json)
        return
    findings = list(_look(provider, org, accept=accept))
    if json:
        print_json({"ok": all(finding.ok for finding in findings), "findings": findings})
    else:
        for finding in findings:
            mark = ("ok   ", "green") if finding.ok else ("bad  ", "red")
            out.print(Text.assemble(mark, f"{finding.what}: "), end="")
            out.print(finding.detail, markup=False, soft_wrap=True)
            if finding.next_step and not finding.ok:
                out.print(f"     → {finding.next_step}", markup=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(CUSTOMER_ACTS)


def _look(provider: str | None, org: str | None, *, accept: bool) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version)
    folder = _data_folder()
    yield folder
    try:
        url = start()
    except Exception as error:
        known = explain(error)
        if known is None:
            raise
        about_keys = known.code in {"encryption_keys", "wrong_keyset"}
        what = "Encryption keys" if about_keys else "Database"
        if folder.ok or known.code not in SAME_FOLDER:
            yield Finding(what, False, known.message, known.next_step)
        return
    yield Finding("Database", True, "reachable and up to date")
    for problem in embedded.check_server(url, schema=schema.name()):
        yield Finding("Database", not problem.blocking, problem.message, problem.next_step)
    yield from _trials(url)
    yield _role()
    yield _rights()
    yield _vault()
    yield _storage(accept=accept)
    yield _reader()
    yield _worker()
    yield from _connections(provider, org)


def _data_folder() -> Finding:
    """Check that it is writable and has space. A full disk stops Postgres, files and logs."""
    try:
        folder = home()
        with TemporaryFile(dir=folder) as probe:
            probe.write(b"jemmo")
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        known = system_errors.explain(error)
        reason = known.message if known else "The data folder can't be used."
        return Finding("Data folder", False, reason, known.next_step if known else None)
    detail = f"{folder}, {free:,} MB free"
    step = f"Free up disk space. At least {LEAST_FREE:,} MB should be free."
    return Finding("Data folder", free >= LEAST_FREE, detail, step)


def _worker() -> Finding:
    """Check that due syncs start. If none is overdue, a missing worker is no problem."""
    from jemmo.services.operations.readiness import worker_seen
    from jemmo.services.sync.schedule import is_late
    from jemmo.store.models import Connection

    now = datetime.now(UTC)
    late = sum(
        is_late(candidate, now) for candidate in Connection.objects.select_related("org", "lease")
    )
    is_seen = worker_seen()
    seen = "a worker was active recently" if is_seen else "no worker was active recently"
    if not late:
        return Finding("Worker", True, f"{seen}, and no sync is overdue")
    step = (
        "All workers are busy. To start another, run `jemmo worker`."
        if is_seen
        else "To start a worker, run `jemmo worker`. To start everything, run `jemmo up`."
    )
    overdue = "1 sync is" if late == 1 else f"{late:,} syncs are"
    return Finding("Worker", False, f"{seen}, and {overdue} more than 15 minutes overdue", step)


def _role() -> Finding:
    """Check whether the application uses a role other than the tables' owner. It is protected either way."""
    from jemmo.store.db import roles

    if not roles.is_bound():
        step = "Allow the role that Jemmo creates, jemmo_app_…, to sign in, for example with auth_query in PgBouncer."
        return Finding("Row-level security", False, "the current role bypasses it", step)
    if roles.owns_no_tables():
        return Finding("Row-level security", True, "the application owns no table")
    return Finding(
        "Row-level security", True, "enforced for the tables' owner, because it can't create a role"
    )


def _trials(url: str) -> Iterator[Finding]:
    """Try the steps of a sync, one by one."""
    step = (
        "Use PostgreSQL 15 or newer, directly or through a session pooler. See docs/operations.md."
    )
    for trial in exercise.trials(url):
        yield Finding(f"Database, {trial.what}", not trial.trouble, trial.trouble or "works", step)


def _rights() -> Finding:
    """Check whether another role of the server, such as a web API's, can reach the tables."""
    what = f"Other roles' access to schema {schema.name()}"
    troubles = exercise.open_to_others()
    if not troubles:
        return Finding(
            what, True, "no other role has privileges on a table, and every table has its policy"
        )
    step = "To revoke these privileges, run `jemmo migrate` with the DATABASE_URL of the tables' owner."
    return Finding(what, False, f"{len(troubles)} problems, for example {troubles[0]}", step)


def _vault() -> Finding:
    from jemmo.vault import default_vault, keyset_path

    try:
        default_vault()
    except JemmoError as error:
        return Finding("Encryption keys", False, error.message, error.next_step)
    return Finding("Encryption keys", True, str(keyset_path()))


def _storage(*, accept: bool) -> Finding:
    """Try everything that Jemmo does in the storage, and compare its mark with the database's."""
    from jemmo.files.choose import open_storage
    from jemmo.files.storage import check
    from jemmo.services.files import cleanup
    from jemmo.services.files import storage as place

    try:
        storage = open_storage()
        check(storage)
        again = cleanup.adopt_storage(storage) if accept else 0
        if place.claim(storage) is place.Claim.OTHER:
            raise place.other(storage)
    except JemmoError as error:
        return Finding("File storage", False, error.message, error.next_step)
    more = f"; files being downloaded again: {again:,}" if again else ""
    return Finding("File storage", True, f"{storage.place}{more}")


def _reader() -> Finding:
    """Check whether files can be inspected and read. Otherwise they all wait."""
    from jemmo.files import text

    try:
        text.check()
    except JemmoError as error:
        return Finding("File reading", False, error.message, error.next_step)
    return Finding("File reading", True, "in a process with resource limits")


def _files(connection: Connection) -> Finding | None:
    """Check the file queue. Only problems that a person can solve count as bad."""
    from jemmo.cli.connections.connections import files_line
    from jemmo.store.files.stored_files import counts_of

    counts = counts_of(connection)
    line = files_line(counts)
    if not line:
        return None
    name = f"{connection.org.slug} / {connection.provider} files"
    blocked = sorted(ACTED_ON & set(counts.reasons))
    steps = " ".join(ACTED_ON_BY[reason] for reason in blocked)
    return Finding(name, not blocked, line.removeprefix("files: "), steps or None)


ACTED_ON_BY = {
    "file_host": "Add the host where the ATS stores its files to the connection's option file_hosts.",
    "resumes_off": "Ask the ATS's support where to download files, then set file_url_template.",
    "key_refused": "Connect the ATS again with a key that works.",
    "storage_refused": "See the “File storage” line.",
    "storage_public": "See the “File storage” line.",
    "storage_other": "Run `jemmo doctor` on the machine where the worker runs.",
    "storage_too_large": "Raise the size limit of the bucket, or lower JEMMO_FILE_MB.",
}
ACTED_ON = set(ACTED_ON_BY)


def _connections(provider: str | None, org: str | None) -> Iterator[Finding]:
    from jemmo.cli.connections.connections import key_line
    from jemmo.services.connections import connections, key_care, key_tests
    from jemmo.vault import default_vault

    for connection in connections.usable_connections(provider, org):
        name = f"{connection.org.slug} / {connection.provider}"
        try:
            report = key_tests.check_key(connection, default_vault())
        except JemmoError as error:
            yield Finding(name, False, error.message, error.next_step)
            continue
        missing = [check for check in report.checks if not check.ok]
        details = "; ".join(check.detail or check.name for check in missing)
        yield Finding(
            name, not missing, details or "the key works and has the permissions it needs"
        )
        if reminder := key_care.key_reminder_of(connection, datetime.now(UTC)):
            # A key that should be rotated is advice; an expired one makes syncs fail.
            step = (
                "Rotate the key in Settings > Organization > ATS integration, on the "
                "connection's card."
            )
            yield Finding(
                f"{name} key", reminder.about is not About.EXPIRED, key_line(reminder), step
            )
        if (queue := _files(connection)) is not None:
            yield queue
