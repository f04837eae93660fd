"""Connecting an ATS, and showing connections."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, OnlyOrg, Org
from jemmo.cli.output import out, print_json
from jemmo.cli.startup import start
from jemmo.connectors.names import OFFERED
from jemmo.domain import history, numbers
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.key_care import About, Reminder
from jemmo.domain.spans import in_words, utc_text

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from jemmo.services.connections.connections import Connected
    from jemmo.services.connections.status import ConnectionStatus
    from jemmo.store.files.stored_files import FileCounts
    from jemmo.store.models import Connection


def register(app: typer.Typer) -> None:
    app.command(
        "connect",
        epilog=examples(
            "jemmo connect teamtailor --org acme --key-stdin",
            "jemmo connect flatchr --org acme --key-stdin < key.txt",
        ),
    )(connect)
    app.command("status", epilog=examples("jemmo status", "jemmo status --org acme --json"))(status)


def connect(
    provider: Annotated[str, typer.Argument(metavar="ATS", help=f"One of: {', '.join(OFFERED)}.")],
    org: Org,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the API key from standard input.")
    ] = False,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The address to use instead of the ATS's default."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A connector option. Can be repeated."),
    ] = None,
    history_years: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="How many years of talent and application history to read, or `all`. By default, a "
            "new connection reads everything, and an existing one keeps its limit.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Confirm that a shorter history hides older records.")
    ] = False,
    json: Json = False,
) -> None:
    """Connect an ATS, or rotate its API key.

    Jemmo tests the key and then stores it in encrypted form. If no organization has this SLUG, Jemmo creates one.
    """
    key = _read_key(key_stdin)
    options = _options(option or [])
    if history_years is not None:
        options[history.YEARS] = "" if history_years.strip() == "all" else history_years
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections as service
    from jemmo.vault import default_vault

    made = service.connect(
        accounts.ensure_organisation(org),
        provider,
        key,
        vault=default_vault(),
        base_url=base_url,
        options=options,
        hides_ok=yes,
    )
    if json:
        print_json(_as_json(made))
        return
    _print_connected(made)


def _as_json(made: Connected) -> dict[str, object]:
    return {
        "connection_id": made.id,
        "org": made.org,
        "provider": made.provider,
        "account": made.account,
        "new": made.is_new,
        "totals": made.report.totals,
        "approximate": sorted(made.report.approximate),
        "history_since": made.since,
        "left_out": made.report.older,
        "warnings": made.report.warnings,
    }


def _print_connected(made: Connected) -> None:
    verb = "Connected" if made.is_new else "Updated"
    out.print(f"{verb} {made.provider} ({made.account or 'unnamed account'}).")
    if made.report.totals:
        approximate = made.report.approximate
        summary = ", ".join(
            f"{'about ' if name in approximate else ''}{numbers.counted(count, name)}"
            for name, count in made.report.totals.items()
        )
        out.print(f"The ATS has {summary}.")
    if made.since:
        out.print(_history_line(made.since, made.report.older), soft_wrap=True, markup=False)
    out.print(f"Next: jemmo sync --org {made.org}")


def _history_line(since: date, older: Mapping[str, int]) -> str:
    counted = " and ".join(
        numbers.counted(n, name) for name, n in sorted(older.items(), reverse=True)
    )
    of_these = f" Of these, {counted} have not changed since." if counted else ""
    return f"Jemmo reads talents and applications from {since} onward.{of_these}"


def status(
    org: OnlyOrg = None,
    json: Json = False,
) -> None:
    """Show the state, syncs, and counts of every connection."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections.status import overview

    rows = overview(accounts.organisation(org) if org else None)
    if json:
        print_json({"connections": rows})
        return
    if not rows:
        out.print("No ATS is connected. Next: jemmo connect teamtailor --org NAME --key-stdin")
        return
    now = datetime.now(UTC)
    for row in rows:
        for line in _lines(row, now):
            out.print(line, soft_wrap=True, markup=False)


def title_of(connection: Connection) -> str:
    """A connection's name in a list."""
    label = f" ({connection.label})" if connection.label else ""
    return f"{connection.org.slug} / {connection.provider}{label}"


def about(error: JemmoError, connection: Connection) -> dict[str, str]:
    """An error as an object that names its connection."""
    return named(error.as_dict(), connection)


def named(error: dict[str, str], connection: Connection) -> dict[str, str]:
    return {**error, "message": f"{title_of(connection)}: {error['message']}"}


def _states(row: ConnectionStatus) -> list[str]:
    """The status and further facts. Disconnected connections have none, as on their card."""
    if row.state == "leaving":
        return ["being deleted"]
    if row.state == "disconnected":
        return [row.state]
    return [row.colour] if row.state == "active" else [row.colour, row.state]


def _lines(row: ConnectionStatus, now: datetime) -> Iterator[str]:
    """A connection in a few lines of less than 80 characters, then the next steps."""
    state = ", ".join(_states(row))
    state += ", needs a decision" if row.decision else ""
    yield f"{row.org} / {row.provider}: {state}"
    if (
        row.state == "leaving"
    ):  # as on its card: times and counts of what is being deleted mean nothing
        yield f"  id {row.id}"
        return
    last = moment(row.last_success_at, now) if row.last_success_at else "never"
    following = _following(row, now)
    yield f"  last success {last} · next sync {following}"
    yield "  " + " · ".join(_counted(row, name) for name in row.counts)
    yield f"  id {row.id}"
    read = moment(row.reread.last_at, now) if row.reread.last_at else "none yet"
    promise = f" · at least every {row.reread.within_days} days" if row.state == "active" else ""
    yield f"  last full reread {read}{promise}"
    if row.history:
        hidden = row.history.hidden.talents
        older = f" · {numbers.counted(hidden, 'talents')} older, excluded" if hidden else ""
        yield f"  talents and applications since {row.history.since}{older}"
    for remark in _remarks(row):
        yield f"  → {remark}"


def _following(row: ConnectionStatus, now: datetime) -> str:
    at = row.next_sync_at
    if at is None:
        return (
            "will be scheduled when this sync ends" if row.colour == "loading" else "not scheduled"
        )
    return "due now" if at <= now else moment(at, now)


def _counted(row: ConnectionStatus, name: str) -> str:
    """The number of records; a dash if they were never read."""
    count = numbers.known(row.counts, row.synced_at)[name]
    return f"– {name}" if count is None else numbers.counted(count, name)


def _remarks(row: ConnectionStatus) -> Iterator[str]:
    """Remarks about a connection. Failures come last, where people see them."""
    if row.org_deleted_at:
        yield (
            f"The organization will be deleted on {utc_text(row.org_deleted_at)}. "
            "Until then, syncs are paused. To keep the organization, run `jemmo org keep --org "
            f"{row.org}`."
        )
    if line := files_line(row.files):
        yield f"{line.capitalize()}."
    if (error := row.files_error) and error["code"] != (row.error or {}).get("code"):
        yield f"{error['message']} {error['next_step']}"
    if row.key_reminder:
        yield key_line(row.key_reminder)
    if row.late:
        yield "A sync is overdue. Check that a worker is running."
    if row.slow:
        yield "The running sync is taking much longer than usual."
    for warning in row.warnings:
        yield warning["message"]
    if row.decision:
        yield f"{row.decision['message']} {row.decision['next_step']}"
    if row.error:
        yield f"{row.error['message']} {row.error['next_step']}"


def moment(when: datetime, now: datetime) -> str:
    """A time up to a week away in words, otherwise as a date."""
    seconds = int((now - when).total_seconds())
    size = abs(seconds)
    if not in_words(now - when):
        return utc_text(when)
    if size < 60:
        return "just now" if seconds >= 0 else "in less than a minute"
    count, unit = next(
        (size // s, u) for s, u in ((86400, "d"), (3600, "h"), (60, "min")) if size >= s
    )
    return f"{count} {unit} ago" if seconds > 0 else f"in {count} {unit}"


def key_line(reminder: Reminder) -> str:
    """The next step for a key."""
    days = f"{reminder.days} day" if reminder.days == 1 else f"{reminder.days} days"
    return {
        About.OLD: f"The API key is {days} old. Rotate it.",
        About.EXPIRES: f"The API key expires in {days}. Rotate it before then.",
        About.EXPIRED: "The API key has expired. Rotate it.",
        About.REVOKE: "The old API key may still work. Revoke it in the ATS.",
    }[reminder.about]


def files_line(files: FileCounts) -> str:
    """A connection's files in one line; empty without files."""
    counted = {"kept": files.kept, "waiting": files.waiting, "refused": files.refused}
    if not any(counted.values()):
        return ""
    why = ", ".join(f"{count:,} {reason}" for reason, count in files.reasons.items())
    summary = ", ".join(f"{count:,} {name}" for name, count in counted.items())
    return f"files: {summary}; reasons: {why}" if why else f"files: {summary}"


def _read_key(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline()
    if sys.stdin.isatty():
        return str(typer.prompt("API key", hide_input=True))
    raise ConfigError("key_missing")


def _options(pairs: list[str]) -> dict[str, str]:
    options = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise ConfigError("option", variant="pair", option=pair)
        options[name.strip()] = value.strip()
    return options
