"""Syncing and verifying."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer
from msgspec import Struct

from jemmo.cli.connections.connections import about, named, title_of
from jemmo.cli.examples import examples
from jemmo.cli.options import ConnectionId, Json, Org
from jemmo.cli.output import (
    PARTIAL,
    counted,
    err,
    exit_code,
    framed_errors,
    out,
    print_error,
    print_json,
    table,
)
from jemmo.cli.startup import start
from jemmo.cli.sync.progress import Bars
from jemmo.domain import numbers
from jemmo.domain.errors import JemmoError
from jemmo.domain.freshness import PAGES
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode

if TYPE_CHECKING:
    from rich.table import Table

    # models can be imported only once Django is set up
    from jemmo.services.sync.verification import Verdict
    from jemmo.store.models import Connection, HeldDeletion

T = TypeVar("T")


class Only(StrEnum):
    JOBS = "jobs"
    TALENTS = "talents"


class WantedMode(StrEnum):
    AUTO = "auto"
    INITIAL = "initial"
    INCREMENTAL = "incremental"
    RECONCILE = "reconcile"


NOT_BEGUN: dict[str, Any] = {
    "connection_id": None,
    "run_id": None,
    "mode": None,
    "status": "failed",
    "requests": 0,
    "seconds": 0,
    "streams": {},
}
"""The ``--json`` output for a sync that could not start, besides its error."""


def register(app: typer.Typer) -> None:
    app.command(
        "sync",
        epilog=examples("jemmo sync --org acme", "jemmo sync --org acme --mode reconcile --json"),
    )(sync)
    app.command("verify", epilog=examples("jemmo verify --org acme"))(verify)
    group = typer.Typer(help="List paused deletions, or confirm them.")
    group.command("list", epilog=examples("jemmo deletions list --org acme"))(paused)
    group.command("release", epilog=examples("jemmo deletions release --org acme"))(release)
    app.add_typer(group, name="deletions")


def sync(
    org: Org,
    connection: ConnectionId = None,
    only: Annotated[Only | None, typer.Option(help="Read only jobs or only talents.")] = None,
    mode: Annotated[
        WantedMode,
        typer.Option(help="The sync mode. `auto` chooses the mode that is due.", metavar="MODE"),
    ] = WantedMode.AUTO,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON per connection.")
    ] = False,
) -> None:
    """Sync now, in the foreground.

    MODE is auto, initial, incremental, or reconcile. The exit status is 0 if the sync succeeded, 3 if it is partial, 4
    if you need to take action, and 5 if the sync failed.
    """
    with framed_errors(NOT_BEGUN if json else None):
        url = start()
        from jemmo.services.accounts import accounts
        from jemmo.services.connections import connections

        chosen = connections.connections_of_org(accounts.organisation(org), connection)
        run = partial(
            _sync_one, url=url, mode=None if mode is WantedMode.AUTO else Mode(mode), only=only
        )
        raise typer.Exit(max([run(target, json=json) for target in chosen]))


def _sync_one(
    connection: Connection, *, url: str, mode: Mode | None, only: Only | None, json: bool
) -> int:
    """Sync one connection, report it, and return the exit status. An error doesn't stop the other connections."""
    from jemmo.services.sync.runner import sync as run
    from jemmo.vault import default_vault

    streams = PAGES.get(only or "", numbers.RECORDS)
    expected = {name: n for name, n in connection.expected_totals.items() if name in streams}
    try:
        with Bars(title_of(connection), shown=sys.stderr.isatty(), expected=expected) as bars:
            work = run(
                connection.id,
                database_url=url,
                vault=default_vault(),
                mode=mode,
                only=only,
                progress=bars,
            )
            report = run_until_stopped(work)
    except JemmoError as error:
        details = about(error, connection)
        if json:
            print_json({**NOT_BEGUN, "connection_id": connection.id, "error": details})
        print_error(details)
        return exit_code(error.failure)
    _print_report(report, connection, json=json)
    return _status(report)


def verify(org: Org, connection: ConnectionId = None, json: Json = False) -> None:
    """Compare every record with the ATS.

    The exit status is 0 if everything matches, 3 if there are differences, 4 if you need to take action, and 5 if the
    comparison failed.
    """
    url = start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections

    chosen = connections.connections_of_org(accounts.organisation(org), connection)
    compared = [_compare(target, url) for target in chosen]
    if json:
        print_json(_as_object(compared))
    else:
        for comparison in compared:
            _print_comparison(comparison)
    raise typer.Exit(max(comparison.status for comparison in compared))


class Comparison(Struct, frozen=True):
    """A connection compared with its ATS: the verdict, or the error that prevented one."""

    connection: Any
    verdict: Any = None
    error: dict[str, str] | None = None
    failed_with: int = 0

    @property
    def status(self) -> int:
        """The exit status."""
        return self.failed_with or (0 if self.verdict.equal else PARTIAL)


def _compare(connection: Connection, url: str) -> Comparison:
    from jemmo.services.sync.verification import verify as compare
    from jemmo.vault import default_vault

    expected = connection.expected_totals
    try:
        with Bars(title_of(connection), shown=sys.stderr.isatty(), expected=expected) as bars:
            work = compare(connection.id, database_url=url, vault=default_vault(), seen=bars.show)
            return Comparison(connection, run_until_stopped(work))
    except JemmoError as error:
        return Comparison(
            connection, error=about(error, connection), failed_with=exit_code(error.failure)
        )


def _as_object(compared: list[Comparison]) -> dict[str, Any]:
    """The object of ``--json``, with ``error`` if a connection could not be compared."""
    shown: list[Any] = []
    for comparison in compared:
        nothing = {"equal": False, "streams": {}, "problems": [], "error": comparison.error}
        shown.append(comparison.verdict or {"connection_id": comparison.connection.id, **nothing})
    errors = [comparison.error for comparison in compared if comparison.error]
    equal = not any(comparison.status for comparison in compared)
    return {"equal": equal, "connections": shown, **({"error": errors[0]} if errors else {})}


def _print_comparison(compared: Comparison) -> None:
    if compared.error:
        print_error(compared.error)
        return
    out.print(title_of(compared.connection), style="bold", markup=False)
    out.print(_verdict_table(compared.verdict))
    for stream, verdict in compared.verdict.streams.items():
        if verdict.erased:
            count = numbers.counted(verdict.erased, stream)
            out.print(f"{count}: erased on purpose.", markup=False)
        if verdict.left_out:
            count = numbers.counted(verdict.left_out, stream)
            out.print(
                f"{count}: not read, because they are older than the history you chose.",
                markup=False,
            )
    for problem in compared.verdict.problems:
        out.print(f"{problem.message}", soft_wrap=True, markup=False)
    conclusion = (
        "Jemmo matches the ATS."
        if compared.verdict.equal
        else what_helps(compared.connection, compared.verdict)
    )
    out.print(conclusion, markup=False, soft_wrap=True)


def what_helps(connection: Connection, verdict: Verdict) -> str:
    """The next step when the comparison found differences. A sync resolves neither pending nor made decisions."""
    from jemmo.store.connections import paused_deletions as held

    org = connection.org.slug
    if held.waiting(connection):
        return (
            "Jemmo doesn't match the ATS, because deletions are paused until an owner or admin decides. "
            f"To see them, run `jemmo deletions list --org {org}`."
        )
    reconcile = f"`jemmo sync --org {org} --mode reconcile`"
    if verdict.equal_but_for_kept:
        return (
            "Jemmo doesn't match the ATS, because someone decided to keep the records that the ATS no longer lists. "
            f"To decide again, run {reconcile}."
        )
    if verdict.kept:
        return (
            f"Jemmo doesn't match the ATS. Run {reconcile}, then verify again. You will also be asked again "
            "whether to delete the records that were kept."
        )
    return f"Jemmo doesn't match the ATS. Run {reconcile}, then verify again."


def paused(org: Org, json: Json = False) -> None:
    """List paused deletions, and deletions that the next reconcile will carry out."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import paused_deletions

    rows = paused_deletions.paused_deletions(accounts.organisation(org))
    if json:
        print_json({"deletions": [_held(row) for row in rows]})
        return
    covered = paused_deletions.dependent_applications(rows)
    for row in rows:
        state = "Released" if row.released_at else "Paused"
        before = f" Deleted in the 24 hours before: {row.recent:,}." if row.recent else ""
        out.print(
            f"{row.connection.display_name}: {state}: {row.missing:,} of {row.present:,} {row.stream}.{before}",
            markup=False,
        )
    _print_covered(covered)
    if not rows:
        out.print("No deletions are paused.")


def _print_covered(applications: int) -> None:
    """Say that a decision about talents or jobs covers their applications, which are not listed."""
    if applications:
        out.print(
            f"This decision also covers {numbers.counted(applications, 'applications')} linked "
            "to these talents and jobs. Jemmo deletes them once the ATS no longer lists them.",
            markup=False,
            soft_wrap=True,
        )


def _held(row: HeldDeletion) -> dict[str, Any]:
    return {
        "connection_id": str(row.connection_id),
        "stream": row.stream,
        "missing": row.missing,
        "present": row.present,
        "recent": row.recent,
        "paused_at": row.held_at,
        "released_at": row.released_at,
    }


def release(org: Org, json: Json = False) -> None:
    """Confirm paused deletions, so that the next reconcile carries them out."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import paused_deletions

    held = paused_deletions.release_all(accounts.organisation(org))
    if json:
        print_json({"released": [_released(deletion) for deletion in held]})
        return
    for deletion in held:
        out.print(f"Released: {deletion.missing:,} of {deletion.present:,} {deletion.stream}.")
    _print_covered(paused_deletions.dependent_applications(held))
    if held:
        out.print(f"Next: jemmo sync --org {org} --mode reconcile")
    else:
        out.print("No deletions are paused.")


def _released(held: HeldDeletion) -> dict[str, Any]:
    return {
        "connection_id": held.connection_id,
        "stream": held.stream,
        "missing": held.missing,
        "present": held.present,
    }


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine. SIGTERM stops it like Ctrl-C, so that the run is closed with the reason.

    Afterwards the previous SIGTERM handler is restored; asyncio alone would leave the default, which kills the process.
    """

    async def main() -> T:
        task = asyncio.ensure_future(work)
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    before = signal.getsignal(signal.SIGTERM)
    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _status(report: RunReport) -> int:
    if report.status is RunStatus.SUCCEEDED:
        return 0
    return PARTIAL if report.status is RunStatus.PARTIAL else exit_code(report.failure)


def _print_report(report: RunReport, connection: Connection, *, json: bool) -> None:
    if json:
        print_json({"connection_id": connection.id, **msgspec.to_builtins(report)})
    else:
        out.print(title_of(connection), style="bold", markup=False)
        again = " (everything read again)" if report.again else ""
        out.print(_report_table(report))
        out.print(
            f"{report.mode} sync{again} {report.status}: "
            f"{counted(report.requests, 'request')} in {report.seconds:,.1f} s."
        )
        out.print(_changes(report))
        for warning in report.warnings:
            times = f" ({warning.count:,} times)" if warning.count > 1 else ""
            err.print(f"Note: {warning.message}{times}", soft_wrap=True, markup=False)
    if report.error:
        print_error(named(report.error, connection))


def _changes(report: RunReport) -> str:
    """The number of changed records, by kind."""
    counts = numbers.changed_by_stream(report.lines, numbers.RECORDS)
    kinds = ", ".join(numbers.counted(number, stream) for stream, number in counts.items())
    total = counted(numbers.numbers_of(report.lines).changed, "record")
    return f"{total} changed: {kinds}." if kinds else "No records changed."


def _report_table(report: RunReport) -> Table:
    names = ("fetched", "created", "updated", "unchanged", "deleted", "excluded", "rejected")
    shown = table("stream", numbers=names)
    for stream, counts in report.streams.items():
        shown.add_row(stream, *(f"{getattr(counts, name):,}" for name in names))
    return shown


def _verdict_table(verdict: Any) -> Table:
    names = ("ats", "jemmo", "excluded", "rejected", "missing_count", "extra_count", "stale_count")
    shown = table("stream", numbers=[name.removesuffix("_count") for name in names])
    for stream, comparison in verdict.streams.items():
        shown.add_row(stream, *(f"{getattr(comparison, name):,}" for name in names))
    return shown
