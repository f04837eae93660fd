"""Logs, and explanations of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import ConnectionId, Json, Org
from jemmo.cli.output import out, print_json
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError
from jemmo.domain.spans import utc_text

if TYPE_CHECKING:
    from jemmo.domain.explanations import Explanation

ANSWER_TIMES = {"never_seen": ("all IDs read", "last synced"), "rejected": ("last tried", "")}
"""The two times in an explanation."""

SPANS = {"h": 3600, "d": 86400, "w": 604800}


def register(app: typer.Typer) -> None:
    app.command("logs", epilog=examples("jemmo logs --org acme --since 24h --severity error"))(logs)
    app.command("why", epilog=examples("jemmo why 1234567 --org acme"))(why)


def logs(
    org: Org,
    connection: ConnectionId = None,
    since: Annotated[
        str,
        typer.Option(help="How far back to go: 24h, 7d, 2w, or a date (UTC) such as 2026-03-01."),
    ] = "7d",
    severity: Annotated[
        str | None,
        typer.Option(help="Show only entries of this severity: error, warning, or rejection."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=20_000, help="The maximum number of entries to show.")
    ] = 200,
    json: Json = False,
) -> None:
    """Show errors and warnings from your syncs.

    The list starts with the newest entries and includes rejected records.
    """
    begins = _since(since)
    start()
    from itertools import islice

    from jemmo.services.accounts import accounts
    from jemmo.services.connections import logs as service
    from jemmo.services.connections.connections import connections_of_org
    from jemmo.store.connections.logs import LogFilters

    company = accounts.organisation(org)
    if connection:
        connections_of_org(company, connection, with_parted=True)  # refuses an unknown one
    filters = LogFilters(connection=connection or "", severity=_severity(severity), since=begins)
    entries = service.every(company, filters, now=datetime.now(UTC))
    lines = [service.plain(entry) for entry in islice(entries, limit)]
    if json:
        print_json({"entries": lines})
        return
    for line in lines:
        record = f" ({line['remote_id']})" if line["remote_id"] else ""
        times = f" {line['count']:,} times" if line["count"] > 1 else ""
        out.print(
            f"{utc_text(line['at'])} {line['severity']:<9} {line['provider']} "
            f"{line['code']}{record}{times}: {line['message'] or line['means']}",
            markup=False,
            soft_wrap=True,
        )
        out.print(f"    → {line['next_step']}", markup=False, soft_wrap=True)
    if not lines:
        out.print("Nothing to report.")


def why(
    org: Org,
    record: Annotated[str, typer.Argument(help="The record's ATS ID, link, title, or name.")],
    json: Json = False,
) -> None:
    """Explain why a record is, or isn't, in Jemmo.

    The record may be excluded, rejected, deleted, or waiting for another record, or Jemmo may never have seen it.
    """
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.records import explanations as service

    answers = service.explain_record(accounts.organisation(org), record, now=datetime.now(UTC))
    if json:
        print_json({"answers": answers})
        return
    for answer in answers:
        out.print(_answer(answer), markup=False, soft_wrap=True)
    if not answers:
        out.print("No ATS is connected, so there is no information about this record.")


def _answer(answer: Explanation) -> str:
    """One line. For a record that was never seen, the times are the connection's."""
    older = f"older than {answer.limit:%Y-%m-%d}" if answer.verdict == "left_out" else ""
    facts = [answer.rule, answer.code, answer.detail, answer.reason, older]
    details = ", ".join(str(fact) for fact in facts if fact)
    verdict = answer.verdict.replace("_", " ") + (f" ({details})" if details else "")
    named = (answer.kind, answer.remote_id, answer.name, verdict)
    line = f"{answer.connection}: {' '.join(part for part in named if part)}"
    since, seen = ANSWER_TIMES.get(answer.verdict, ("since", "last seen"))
    times = ((since, answer.at), (seen, answer.seen_at))
    return line + "".join(f"; {what} {utc_text(at)}" for what, at in times if what and at)


def _severity(severity: str | None) -> str:
    from jemmo.domain.error_catalog import Severity

    if severity and severity not in set(Severity):
        raise ConfigError(
            "option",
            variant="choice",
            option="severity",
            value=severity,
            choices=", ".join(Severity),
        )
    return severity or ""


def _since(text: str) -> datetime:
    """Parse a duration before now, or a day, in UTC."""
    number, unit = text[:-1], text[-1:]
    if unit in SPANS and number.isdecimal() and len(number) < 6:
        return datetime.now(UTC) - timedelta(seconds=int(number) * SPANS[unit])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("option", variant="time", value=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
