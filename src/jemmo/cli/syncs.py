"""Syncing and verifying."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from jemmo import bootstrap
from jemmo.cli.connections import Json, Org
from jemmo.cli.output import PARTIAL, err, exit_code, explained_errors, out, say_error, say_json
from jemmo.cli.progress import Bars
from jemmo.domain.errors import JemmoError
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode

T = TypeVar("T")

ConnectionId = Annotated[str | None, typer.Option("--connection", help="Only this connection.")]


class Only(StrEnum):
    JOBS = "jobs"
    TALENTS = "talents"


class WantedMode(StrEnum):
    AUTO = "auto"
    INITIAL = "initial"
    INCREMENTAL = "incremental"
    RECONCILE = "reconcile"


NOT_BEGUN: dict[str, Any] = {
    "run_id": None,
    "mode": None,
    "status": "failed",
    "requests": 0,
    "seconds": 0,
    "streams": {},
}
"""What ``--json`` prints of a sync that could not begin, beside its error."""


def register(app: typer.Typer) -> None:
    app.command("sync")(sync)
    app.command("verify")(verify)
    deletions = typer.Typer(help="Deletions that were held back because they were unusually many.")
    deletions.command("release")(release)
    app.add_typer(deletions, name="deletions")


def sync(
    org: Org,
    connection: ConnectionId = None,
    only: Annotated[Only | None, typer.Option(help="Read only jobs or only talents.")] = None,
    mode: Annotated[
        WantedMode, typer.Option(help="auto goes on with what is due.")
    ] = WantedMode.AUTO,
    json: Json = False,
) -> None:
    """Sync now, in the foreground. Exit status: 0 succeeded, 3 partial, 4 you must act, 5 failed."""
    with explained_errors(NOT_BEGUN if json else None):
        url = bootstrap.start()
        from jemmo.services import accounts, connections
        from jemmo.services.syncs import sync as run
        from jemmo.vault import default_vault

        worst = 0
        for one in connections.of_organisation(accounts.organisation(org), connection):
            try:
                with Bars(one.label, shown=sys.stderr.isatty()) as bars:
                    report = run_until_stopped(
                        run(
                            one.id,
                            database_url=url,
                            vault=default_vault(),
                            mode=None if mode is WantedMode.AUTO else Mode(mode),
                            only=only,
                            progress=bars,
                        )
                    )
            except JemmoError as error:  # the other connections are synced nevertheless
                if json:
                    say_json({**NOT_BEGUN, "error": error.as_dict()})
                say_error(error.as_dict())
                worst = max(worst, exit_code(error.failure))
                continue
            _tell(report, json)
            worst = max(worst, _status(report))
        raise typer.Exit(worst)


def verify(org: Org, connection: ConnectionId = None, json: Json = False) -> None:
    """Compare every id with the ATS. Exit status 3 when something differs."""
    with explained_errors():
        url = bootstrap.start()
        from jemmo.services import accounts, connections
        from jemmo.services.verification import verify as compare
        from jemmo.vault import default_vault

        found = connections.of_organisation(accounts.organisation(org), connection)
        verdicts = [
            run_until_stopped(compare(one.id, database_url=url, vault=default_vault()))
            for one in found
        ]
        equal = all(verdict.equal for verdict in verdicts)
        if json:
            say_json({"equal": equal, "connections": verdicts})
        else:
            for verdict in verdicts:
                out.print(_verdict_table(verdict))
                for relation, count in verdict.broken_relations.items():
                    out.print(f"{count:,} {relation} point to a record the ATS does not show.")
            out.print("Equal to the ATS." if equal else "Not equal: sync, then verify again.")
        raise typer.Exit(0 if equal else PARTIAL)


def release(org: Org) -> None:
    """Let the next reconcile follow the deletions that were held back."""
    with explained_errors():
        bootstrap.start()
        from jemmo.services import accounts, deletions

        held = deletions.release_all(accounts.organisation(org))
        for one in held:
            out.print(f"Released: {one.missing:,} of {one.present:,} {one.stream}.")
        if held:
            out.print(f"Next: jemmo sync --org {org} --mode reconcile")
        else:
            out.print("Nothing is held back.")


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Run; SIGTERM stops it as Ctrl-C does, so that the run is closed and says why.

    Afterwards SIGTERM does what it did before: asyncio alone would leave the system's default, which kills.
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


def _tell(report: RunReport, json: bool) -> None:
    if json:
        say_json(report)
    else:
        out.print(_report_table(report))
        out.print(
            f"{report.mode} sync {report.status}: "
            f"{report.requests:,} requests in {report.seconds:,.1f} s."
        )
        for warning in report.warnings:
            err.print(
                f"Note: {warning.message} ({warning.count:,} times)", soft_wrap=True, markup=False
            )
    if report.error:
        say_error(report.error)


def _report_table(report: RunReport) -> Table:
    names = ("fetched", "created", "updated", "unchanged", "deleted", "excluded", "rejected")
    table = Table("stream", *names)
    for stream, counts in report.streams.items():
        table.add_row(stream, *(f"{getattr(counts, name):,}" for name in names))
    return table


def _verdict_table(verdict: Any) -> Table:
    names = ("ats", "jemmo", "excluded", "rejected", "missing_count", "extra_count", "stale_count")
    table = Table("stream", *(name.removesuffix("_count") for name in names))
    for stream, one in verdict.streams.items():
        table.add_row(stream, *(f"{getattr(one, name):,}" for name in names))
    return table
