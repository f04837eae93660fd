"""People who sign in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from jemmo import bootstrap
from jemmo.cli.connections import Org
from jemmo.cli.output import explained_errors, out


def register(app: typer.Typer) -> None:
    users = typer.Typer(help="People who sign in.", no_args_is_help=True)
    users.callback()(lambda: None)
    users.command("add")(add)
    app.add_typer(users, name="user")


def add(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    org: Org,
    role: Annotated[str, typer.Option(help="owner, admin, recruiter or viewer.")] = "recruiter",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a first password from standard input.")
    ] = False,
) -> None:
    """Make somebody a member of an organisation."""
    with explained_errors():
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        bootstrap.start()
        from jemmo.services import accounts

        accounts.add_member(accounts.ensure_organisation(org), email, role, password)
        out.print(f"{email} is now {role} of {org}.", markup=False)
