"""Commands for API tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org, uuid_of
from jemmo.cli.output import answer, cell, out, print_json, print_secret, table
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError
from jemmo.domain.tokens import ApiScope

SHOWN_ONCE = "Store the token now. Jemmo keeps only its hash and can't show the token again."


def register(app: typer.Typer) -> None:
    tokens = typer.Typer(help="Manage API tokens.")
    tokens.callback()(lambda: None)
    tokens.command(
        "create",
        epilog=examples(
            "jemmo token create --org acme --scope records --name warehouse",
            "jemmo token create --org acme --scope records --scope contacts --expires 2027-06-30",
            "jemmo token create --org acme --scope records --connection ID",
        ),
    )(create)
    tokens.command("list", epilog=examples("jemmo token list --org acme"))(show)
    tokens.command("revoke", epilog=examples("jemmo token revoke ID --org acme"))(revoke)
    app.add_typer(tokens, name="token")


def create(
    org: Org,
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="SCOPE",
            help=f"What the token can access: {', '.join(ApiScope)}. Can be repeated.",
        ),
    ],
    name: Annotated[
        str, typer.Option(help="A name for the token, such as that of the program that uses it.")
    ] = "API token",
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="The expiration date, such as 2027-06-30.")
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Limit the token to data from this connection. You can't change this limit later.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Create a token and print it. The token is shown only once."""
    ends = _end_of(expires) if expires else None
    start()
    from jemmo.services.accounts import accounts, tokens

    made = tokens.create(
        accounts.organisation(org),
        scope,
        name=name,
        now=datetime.now(UTC),
        expires_at=ends,
        connection_id=uuid_of(connection, "no_connection") if connection is not None else None,
    )
    if json:
        print_json({"id": str(made.token.id), "token": made.secret})
        return
    print_secret(made.secret, SHOWN_ONCE)


def show(org: Org, json: Json = False) -> None:
    """List an organization's tokens, what each can read, and when each was last used."""
    start()
    from jemmo.services.accounts import accounts, tokens

    api_tokens = tokens.listed(accounts.organisation(org))
    rows = [_row(token) for token in api_tokens]
    if json:
        print_json({"tokens": rows})
        return
    if not rows:
        out.print("No API tokens yet. To create one, run `jemmo token create`.", markup=False)
        return
    names = ("id", "name", "scopes", "connection_id", "last_used_at", "expires_at")
    listing = table("ID", "Name", "Scopes", "Connection", "Last used", "Expires")
    for row in rows:
        listing.add_row(*(cell(row[name]) for name in names))
    out.print(listing)


def revoke(
    token: Annotated[str, typer.Argument(help="The token's ID.")], org: Org, json: Json = False
) -> None:
    """Revoke a token immediately."""
    start()
    from jemmo.services.accounts import accounts, tokens

    ended = tokens.revoke(accounts.organisation(org), token, now=datetime.now(UTC))
    answer(
        {"id": str(ended.id), "revoked": True},
        f"The token “{ended.name}” no longer works.",
        json=json,
    )


def _row(token: Any) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "scopes": token.scopes,
        "connection_id": str(token.connection_id) if token.connection_id else None,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
    }


def _end_of(day: str) -> datetime:
    """The last moment of a day, in UTC."""
    try:
        last = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError("date", day=day) from None
    return last.replace(hour=23, minute=59, second=59)
