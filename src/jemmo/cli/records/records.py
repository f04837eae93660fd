"""Commands for a single record."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import ConnectionId, Json, Org
from jemmo.cli.output import (
    CUSTOMER_ACTS,
    FAILED,
    PARTIAL,
    framed_errors,
    out,
    print_error,
    print_json,
)
from jemmo.cli.startup import start


class Kind(StrEnum):
    TALENT = "talent"
    JOB = "job"


OUTCOME_TEXT = {
    "read": "Read from the ATS just now: {}.",
    "gone": "The ATS no longer has the record, and neither does Jemmo.",
    "waiting": "The ATS hasn't responded yet. A worker will keep trying.",
    "failed": "The record couldn't be read. The next sync will find what changed.",
    "kept": "The ATS no longer has the record. Jemmo keeps it until someone decides on the "
    "paused deletions.",
}


def register(app: typer.Typer) -> None:
    app.command("refresh", epilog=examples("jemmo refresh talent 1234567 --org acme"))(refresh)


def refresh(
    kind: Annotated[Kind, typer.Argument(help="The type of record.")],
    record: Annotated[
        str, typer.Argument(metavar="ID", help="The record's ID in the ATS or in Jemmo.")
    ],
    org: Org,
    connection: ConnectionId = None,
    json: Json = False,
) -> None:
    """Refetch one talent or job from the ATS.

    The command works even during a sync. If you refetch a talent, their applications are refetched too.

    The exit status is 0 if the record was refetched, 3 if the ATS has not responded yet, 4 if you need to take
    action, and 5 if the refetch failed.
    """
    frame = {"outcome": "failed", "changed": False, "records": 0}
    with framed_errors(frame if json else None):
        url = start()
        from jemmo.domain.streams import Stream
        from jemmo.services.accounts import accounts
        from jemmo.services.records import refresh as records
        from jemmo.vault import default_vault

        stream = Stream.TALENTS if kind is Kind.TALENT else Stream.JOBS
        target = records.resolve_record(accounts.organisation(org), stream, record, connection)
        done = records.refetch_now(target, database_url=url, vault=default_vault())
        if json:
            print_json(done)
        else:
            news = "it has changed" if done.changed else "nothing had changed"
            out.print(OUTCOME_TEXT[done.outcome].format(news), markup=False)
        if done.error:
            print_error(done.error)
        if done.needs_action:
            raise typer.Exit(CUSTOMER_ACTS)
        raise typer.Exit({"waiting": PARTIAL, "failed": FAILED}.get(done.outcome, 0))
