"""Commands for the endpoints of outgoing webhooks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org, uuid_of
from jemmo.cli.output import answer, cell, out, print_json, print_secret, table
from jemmo.cli.startup import start
from jemmo.domain.outgoing import Event, State

SWITCH_ON = "Jemmo starts sending once you turn the endpoint on with `jemmo endpoint on`."
KEEP = "To keep the organization, run `jemmo org keep`."
SHOWN_ONCE = "Store the secret now. Jemmo keeps it encrypted and can't show it again."
EndpointId = Annotated[str, typer.Argument(help="The endpoint's ID.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Manage the webhooks that Jemmo sends to other programs.")
    group.callback()(lambda: None)
    group.command(
        "create",
        epilog=examples(
            "jemmo endpoint create --org acme --url https://app.example.com/jemmo --event records.changed",
            "jemmo endpoint create --org acme --url https://app.example.com/jemmo --event sync.late --event sync.slow",
        ),
    )(create)
    others: dict[str, Callable[..., None]] = {
        "list": show,
        "test": send_test,
        "rotate": rotate,
        "on": switch_on,
        "off": switch_off,
        "replay": replay,
        "delete": delete,
    }
    for name, command in others.items():
        typed = "" if name == "list" else " ID"
        group.command(name, epilog=examples(f"jemmo endpoint {name}{typed} --org acme"))(command)
    app.add_typer(group, name="endpoint")


def create(
    org: Org,
    url: Annotated[str, typer.Option(help="The HTTPS address to send webhooks to.")],
    event: Annotated[
        list[str],
        typer.Option(
            metavar="EVENT", help=f"An event to send: {', '.join(Event)}. Can be repeated."
        ),
    ],
    name: Annotated[
        str, typer.Option(help="The name of the program that receives the webhooks.")
    ] = "",
    entity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND", help="Send only records of this type, such as jobs. Can be repeated."
        ),
    ] = None,
    connection: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Send only records from this connection. Can be repeated."),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND.FIELD",
            help="For this type of record, send only updates that change this field, such as jobs.title. "
            "Can be repeated.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Create an endpoint and print the secret that signs its webhooks. The secret is shown only once."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.outgoing import endpoints
    from jemmo.vault import default_vault

    choice = endpoints.Choice(
        name=name,
        url=url,
        events=event,
        entities=entity or (),
        connections=[uuid_of(given, "endpoint_events", "connection") for given in connection or ()],
        update_fields=field or (),
    )
    made = endpoints.create(
        accounts.organisation(org), choice, vault=default_vault(), now=datetime.now(UTC)
    )
    if json:
        print_json({"id": str(made.endpoint.pk), "secret": made.secret})
        return
    print_secret(made.secret, SHOWN_ONCE)


def show(org: Org, json: Json = False) -> None:
    """List an organization's endpoints and whether each accepts webhooks."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.outgoing import endpoints

    rows = [_row(endpoint) for endpoint in endpoints.listed(accounts.organisation(org))]
    if json:
        print_json({"endpoints": rows})
        return
    if not rows:
        out.print("No endpoints yet. To create one, run `jemmo endpoint create`.", markup=False)
        return
    names = ("id", "name", "state", "last_success_at")
    listing = table("ID", "Name", "State", "Last accepted")
    for row in rows:
        listing.add_row(*(cell(row[name]) for name in names))
    out.print(listing)


def send_test(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Send a test event. A running worker delivers it before any other webhook."""
    chosen = _endpoint(org, endpoint)
    message = _service().send_test(chosen, now=datetime.now(UTC))
    answer({"message": str(message.pk)}, "The test event will be sent shortly.", json=json)


def rotate(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Create a new secret. For 24 hours, webhooks are also signed with the old one."""
    chosen = _endpoint(org, endpoint)
    from jemmo.vault import default_vault

    secret = _service().rotate(chosen, vault=default_vault(), now=datetime.now(UTC))
    if json:
        print_json({"id": endpoint, "secret": secret})
        return
    print_secret(secret, SHOWN_ONCE)


def switch_on(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Turn an endpoint on. Record changes continue where they stopped.

    Erasures from the last 30 days are sent as well. Other events from the time it was off are not sent.
    """
    _switch(endpoint, org, on=True, json=json)


def switch_off(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Turn an endpoint off. Pending webhooks are kept."""
    _switch(endpoint, org, on=False, json=json)


def replay(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Resend failed webhooks."""
    chosen = _endpoint(org, endpoint)
    count = _service().replay(chosen, now=datetime.now(UTC))
    text = f"Webhooks to resend: {count}. {_why_it_waits(chosen)}".rstrip()
    answer({"replayed": count}, text, json=json)


def delete(endpoint: EndpointId, org: Org, json: Json = False) -> None:
    """Delete an endpoint and its log."""
    chosen = _endpoint(org, endpoint)
    _service().delete(chosen, now=datetime.now(UTC))
    answer({"id": endpoint}, "The endpoint was deleted.", json=json)


def _why_it_waits(endpoint: Any) -> str:
    """What to do before anything is sent to an endpoint; empty if nothing stops it."""
    if endpoint.sends:
        return ""
    if endpoint.org.deleted_at:
        return f"The endpoint's organization is scheduled for deletion. {KEEP}"
    return SWITCH_ON


def _switch(endpoint: str, org: str, *, on: bool, json: bool) -> None:
    chosen = _endpoint(org, endpoint)
    is_change = (chosen.state == State.ACTIVE) is not on
    _service().switch(chosen, on=on, now=datetime.now(UTC))
    text = "The endpoint was turned" if is_change else "The endpoint is already"
    answer({"id": endpoint}, f"{text} {'on' if on else 'off'}.", json=json)


def _service() -> Any:
    from jemmo.services.outgoing import endpoints

    return endpoints


def _endpoint(org: str, endpoint: str) -> Any:
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.outgoing import endpoints

    key = uuid_of(endpoint, "unknown_endpoint")
    return endpoints.endpoint_of(accounts.organisation(org), key)


def _row(endpoint: Any) -> dict[str, Any]:
    from msgspec.structs import asdict

    from jemmo.services.outgoing.endpoint_rows import endpoint_row

    return asdict(endpoint_row(endpoint))
