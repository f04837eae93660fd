"""Webhooks: each connection's secret address, its status, and replaying deliveries."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.operations.listening import remembered
from jemmo.cli.options import ConnectionId, Json, OnlyOrg, Org
from jemmo.cli.output import out, print_json, table
from jemmo.cli.startup import start
from jemmo.domain.spans import utc_text


def register(app: typer.Typer) -> None:
    hooks = typer.Typer(help="Manage the webhooks that an ATS sends to Jemmo.")
    hooks.command("list", epilog=examples("jemmo hooks list --org acme"))(listing)
    hooks.command("address", epilog=examples("jemmo hooks address --org acme"))(address)
    hooks.command("replay", epilog=examples("jemmo hooks replay --org acme --hours 48"))(replay)
    app.add_typer(hooks, name="hooks")


def listing(
    org: OnlyOrg = None,
    json: Json = False,
) -> None:
    """Show the webhooks of every connection.

    For each connection, the list shows the latest webhook, the outcomes, and whether records changed without a webhook.
    """
    start()
    from jemmo.services.connections import connections
    from jemmo.services.webhooks import endpoints

    statuses = [
        (connection, endpoints.status(connection))
        for connection in connections.usable_connections(None, org)
    ]
    if json:
        print_json(
            {
                "connections": [
                    {
                        "id": connection.id,
                        "org": connection.org.slug,
                        "provider": connection.provider,
                        "webhooks": s,
                    }
                    for connection, s in statuses
                ]
            }
        )
        return
    shown = table(
        *("org", "ats", "webhooks", "last (UTC)"), numbers=("announced", "unannounced", "waiting")
    )
    for connection, status in statuses:
        last = status.last_delivery_at
        shown.add_row(
            connection.org.slug,
            connection.provider,
            status.health,
            utc_text(last) if last else "never",
            f"{status.announced:,}",
            "not counted" if status.unannounced is None else f"{status.unannounced:,}",
            f"{status.waiting:,}",
        )
    out.print(shown)
    for connection, status in statuses:
        counts = ", ".join(
            f"{number:,} {name.replace('_', ' ')}" for name, number in status.counts.items()
        )
        name = f"{connection.org.slug} / {connection.display_name}"
        out.print(f"{name}: {status.words} {counts}".rstrip(), markup=False)


def address(
    org: Org,
    connection: ConnectionId = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Create a new address. The old one stops working.")
    ] = False,
    signing_key_stdin: Annotated[
        bool,
        typer.Option(
            "--signing-key-stdin", help="Read the ATS's signature key from standard input."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Show the secret address to enter in the ATS, with instructions."""
    key = sys.stdin.readline() if signing_key_stdin else None
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections
    from jemmo.services.webhooks import endpoints
    from jemmo.vault import default_vault

    vault, shown = default_vault(), []
    for target in connections.connections_of_org(accounts.organisation(org), connection):
        if key is not None:
            endpoints.set_signing_key(target, key, vault)
        endpoint = (endpoints.renew if renew else endpoints.address)(target, vault)
        shown.append(
            {"connection_id": target.id, "provider": target.provider, "url": _url(endpoint.path)}
        )
        if json:
            continue
        out.print(_url(endpoint.path), soft_wrap=True, markup=False)
        out.print(endpoint.setup, markup=False)
        if endpoint.signed and not endpoint.has_signing_key:
            out.print(
                f"Next: jemmo hooks address --org {org} --signing-key-stdin, with the signature key "
                "from the ATS. Until then, Jemmo refuses its webhooks.",
                markup=False,
            )
    if json:
        print_json({"addresses": shown})


def replay(
    org: Org,
    connection: ConnectionId = None,
    hours: Annotated[
        float,
        typer.Option(
            help="Replay webhooks from the last N hours. Webhooks are stored for 7 days.", min=0
        ),
    ] = 24.0,
    json: Json = False,
) -> None:
    """Refetch every record that stored webhooks mention."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections
    from jemmo.services.webhooks import endpoints
    from jemmo.vault import default_vault

    records = {
        None: "Records being refetched",
        endpoints.Held.INACTIVE: "Records to be refetched once the connection is active",
        endpoints.Held.LEAVING: "Nothing is refetched while the organization is scheduled for deletion. "
        "Records waiting",
    }
    since = datetime.now(UTC) - timedelta(hours=hours)
    done = [
        endpoints.replay(target, default_vault(), since=since)
        for target in connections.connections_of_org(accounts.organisation(org), connection)
    ]
    if json:
        print_json({"connections": done})
        return
    for summary in done:
        out.print(
            f"Webhooks replayed: {summary.deliveries:,}. Without a record: {summary.without_hint:,}. "
            f"{records[summary.held]}: {summary.records:,}."
        )


def _url(path: str) -> str:
    """The full URL, with this site's address from the environment, or where the web application listens."""
    from django.conf import settings

    known = [settings.SITE_URL, *settings.CSRF_TRUSTED_ORIGINS, remembered()]
    site = next((origin for origin in known if origin), "http://localhost:8000")
    return f"{site.rstrip('/')}{path}"
