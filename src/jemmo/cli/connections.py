"""Connecting an ATS and looking at the connections."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from jemmo import bootstrap
from jemmo.cli.output import explained_errors, out, say_json
from jemmo.domain.errors import ConfigError

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from jemmo.store.selectors.files import FileCounts

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Org = Annotated[str, typer.Option("--org", help="The organisation's short name.")]


def register(app: typer.Typer) -> None:
    app.command("connect")(connect)
    app.command("status")(status)


def connect(
    provider: Annotated[str, typer.Argument(help="The ATS, for example teamtailor.")],
    org: Org,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the API key from standard input.")
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="Another address than the ATS's own.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="A setting of the connector, as NAME=VALUE.")
    ] = None,
    json: Json = False,
) -> None:
    """Connect an organisation to its ATS: test the key, then keep it encrypted."""
    with explained_errors():
        key = _read_key(key_stdin)
        options = _options(option or [])
        bootstrap.start()
        from jemmo.services import accounts
        from jemmo.services import connections as service
        from jemmo.vault import default_vault

        made = service.connect(
            accounts.ensure_organisation(org),
            provider,
            key,
            vault=default_vault(),
            base_url=base_url,
            options=options,
        )
        if json:
            say_json(
                {
                    "connection_id": made.id,
                    "org": made.org,
                    "provider": made.provider,
                    "account": made.account,
                    "new": made.is_new,
                    "totals": made.report.totals,
                    "warnings": made.report.warnings,
                }
            )
            return
        verb = "Connected" if made.is_new else "Updated the key of"
        out.print(f"{verb} {made.provider} ({made.account or 'account without a name'}).")
        if made.report.totals:
            found = ", ".join(f"{count:,} {name}" for name, count in made.report.totals.items())
            out.print(f"The ATS has {found}.")
        out.print(f"Next: jemmo sync --org {made.org}")


def status(
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation.")] = None,
    json: Json = False,
) -> None:
    """Show every connection: state, last and next sync, counts."""
    with explained_errors():
        bootstrap.start()
        from jemmo.services import accounts
        from jemmo.services.status import overview

        rows = overview(accounts.organisation(org) if org else None)
        if json:
            say_json({"connections": rows})
            return
        if not rows:
            out.print("No ATS is connected. Next: jemmo connect teamtailor --org NAME --key-stdin")
            return
        table = Table(
            "org", "ats", "state", "status", "last success (UTC)", "jobs", "talents", "applications"
        )
        for row in rows:
            table.add_row(
                row.org,
                row.provider,
                row.state,
                row.colour,
                row.last_success_at.strftime("%Y-%m-%d %H:%M") if row.last_success_at else "never",
                *(f"{row.counts[name]:,}" for name in ("jobs", "talents", "applications")),
            )
        out.print(table)
        for row in rows:
            if line := files_line(row.files):
                out.print(f"{row.org} / {row.provider}: {line}.", soft_wrap=True)
        for row in rows:
            if row.late:
                out.print(f"{row.org}: a sync is due and none has started. Is a worker running?")
            if row.slow:
                out.print(f"{row.org}: the sync under way takes much longer than those before.")
            if row.error:
                out.print(f"{row.org}: {row.error['message']} {row.error['next_step']}")


def files_line(files: FileCounts) -> str:
    """A connection's files in a line; empty when it has none."""
    counted = {"kept": files.kept, "waiting": files.waiting, "refused": files.refused}
    if not any(counted.values()):
        return ""
    why = ", ".join(f"{count:,} {reason}" for reason, count in files.reasons.items())
    told = ", ".join(f"{count:,} {name}" for name, count in counted.items())
    return f"files: {told} ({why})" if why else f"files: {told}"


def _read_key(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline()
    if sys.stdin.isatty():
        return str(typer.prompt("API key", hide_input=True))
    raise ConfigError(
        "The API key is missing.",
        code="key_missing",
        next_step="Pipe it in and add --key-stdin, so that it appears in no history.",
    )


def _options(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, separator, value = one.partition("=")
        if not separator or not name:
            raise ConfigError(
                f"{one!r} is not an option.", code="option", next_step="Write it as NAME=VALUE."
            )
        found[name.strip()] = value.strip()
    return found
