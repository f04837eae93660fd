"""Webhooks: the secret address of each connection, how they do, replaying what came."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from jemmo import bootstrap
from jemmo.cli.connections import Json, Org
from jemmo.cli.output import explained_errors, out, say_json
from jemmo.cli.syncs import ConnectionId


def register(app: typer.Typer) -> None:
    hooks = typer.Typer(help="Webhooks that an ATS sends to Jemmo.", no_args_is_help=True)
    hooks.command("list")(listing)
    hooks.command("address")(address)
    hooks.command("replay")(replay)
    app.add_typer(hooks, name="hooks")


def listing(
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation.")] = None,
    json: Json = False,
) -> None:
    """Show how webhooks do: the last one, what became of them, and whether changes come without them."""
    with explained_errors():
        bootstrap.start()
        from jemmo.services import connections, webhooks

        found = [(one, webhooks.status(one)) for one in connections.selected(None, org)]
        if json:
            say_json(
                {
                    "connections": [
                        {"id": one.id, "org": one.org.slug, "provider": one.provider, "webhooks": s}
                        for one, s in found
                    ]
                }
            )
            return
        table = Table("org", "ats", "webhooks", "last (UTC)", "announced", "unannounced", "waiting")
        for one, status in found:
            last = status.last_delivery_at
            table.add_row(
                one.org.slug,
                one.provider,
                status.health,
                last.strftime("%Y-%m-%d %H:%M") if last else "never",
                *(f"{n:,}" for n in (status.announced, status.unannounced, status.waiting)),
            )
        out.print(table)
        for one, status in found:
            counts = ", ".join(f"{number:,} {name}" for name, number in status.counts.items())
            out.print(f"{one.org.slug}: {status.words} {counts}".rstrip(), markup=False)


def address(
    org: Org,
    connection: ConnectionId = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new address; the old one stops working.")
    ] = False,
    signing_key_stdin: Annotated[
        bool,
        typer.Option(
            "--signing-key-stdin", help="Read the ATS's signature key from standard input."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Show the secret address to enter at the ATS, and how. Keep it to yourself."""
    with explained_errors():
        key = sys.stdin.readline() if signing_key_stdin else None
        bootstrap.start()
        from jemmo.services import accounts, connections, webhooks
        from jemmo.vault import default_vault

        vault, shown = default_vault(), []
        for one in connections.of_organisation(accounts.organisation(org), connection):
            if key is not None:
                webhooks.set_signing_key(one, key, vault)
            found = (webhooks.renew if renew else webhooks.address)(one, vault)
            shown.append(
                {"connection_id": one.id, "provider": one.provider, "url": _url(found.path)}
            )
            if json:
                continue
            out.print(_url(found.path), soft_wrap=True, markup=False)
            out.print(found.setup, markup=False)
            if found.signed and not found.has_signing_key:
                out.print(
                    f"Next: jemmo hooks address --org {org} --signing-key-stdin, with the signature key "
                    "that the ATS shows or asks for; until then its webhooks are refused.",
                    markup=False,
                )
        if json:
            say_json({"addresses": shown})


def replay(
    org: Org,
    connection: ConnectionId = None,
    hours: Annotated[
        float, typer.Option(help="Those of the last hours; they are kept for 7 days.", min=0)
    ] = 24.0,
    json: Json = False,
) -> None:
    """Take stored webhooks as hints again: a worker looks up every record they name."""
    with explained_errors():
        bootstrap.start()
        from jemmo.services import accounts, connections, webhooks
        from jemmo.vault import default_vault

        since = datetime.now(UTC) - timedelta(hours=hours)
        done = [
            webhooks.replay(one, default_vault(), since=since)
            for one in connections.of_organisation(accounts.organisation(org), connection)
        ]
        if json:
            say_json({"connections": done})
            return
        for one in done:
            out.print(
                f"{one.deliveries:,} webhooks name {one.records:,} records, which are looked up now; "
                f"{one.without_hint:,} name none."
            )


def _url(path: str) -> str:
    """With the address people reach Jemmo by, as far as its environment tells."""
    origins = [one for one in os.environ.get("JEMMO_ORIGINS", "").split(",") if one]
    return (origins[0] if origins else "http://localhost:8000").rstrip("/") + path
