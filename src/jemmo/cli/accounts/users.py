"""Commands for accounts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org
from jemmo.cli.output import answer, err, out, print_json
from jemmo.cli.startup import start

RESET_PAGE = "/accounts/password/reset/"
WAITS = (
    "Warning: {email} was added to {org}, but has no access yet. The account was created by "
    "another organization, and its email address isn't verified. This person gets access when "
    "{by_mail}you run `jemmo user verify {email} --password-stdin`, which replaces the current "
    "password."
)
BY_MAIL = f"they reset the password by email at {RESET_PAGE}, or when "
NO_MAIL = (
    "Email isn't set up, so this person can't reset their password. To set a password for "
    "them, run the command again with --password-stdin."
)


Email = Annotated[str, typer.Argument(help="The person's email address.")]
PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read a password from standard input."),
]


def register(app: typer.Typer) -> None:
    users = typer.Typer(help="Manage the people who sign in.")
    users.callback()(lambda: None)
    users.command(
        "add",
        epilog=examples(
            "jemmo user add ada@example.com --org acme --role admin",
            "jemmo user add ada@example.com --org acme --password-stdin < password.txt",
        ),
    )(add)
    users.command("verify", epilog=examples("jemmo user verify ada@example.com"))(verify)
    users.command("sign-out", epilog=examples("jemmo user sign-out ada@example.com"))(sign_out)
    app.add_typer(users, name="user")


def add(
    email: Email,
    org: Org,
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help="The member's role: owner, admin, recruiter, or viewer."),
    ] = "recruiter",
    password_stdin: PasswordStdin = False,
    reset_password: Annotated[
        bool,
        typer.Option(
            "--reset-password", help="Replace the existing password with one from standard input."
        ),
    ] = False,
    verified: Annotated[
        bool,
        typer.Option(
            "--verified",
            help="Confirm that the address belongs to this person. See `jemmo user verify`.",
        ),
    ] = False,
    confidential: Annotated[
        bool | None,
        typer.Option(
            "--confidential/--no-confidential",
            help="Let the person see confidential jobs and private talents. Owners always can.",
        ),
    ] = None,
    notes: Annotated[
        bool | None,
        typer.Option("--notes/--no-notes", help="Let the person see notes. Owners always can."),
    ] = None,
    json: Json = False,
) -> None:
    """Make someone a member of an organization, or change their role."""
    password = _password(password_stdin or reset_password)
    start()
    from django.db import transaction

    from jemmo.services.accounts import accounts, members
    from jemmo.services.notifications import mailing

    trusted = verified or not accounts.any_account()  # the installation's first owner
    with transaction.atomic():
        organization = accounts.ensure_organisation(org)
        account = members.add_by_operator(
            *(organization, email, role, password),
            now=datetime.now(UTC),
            verified=trusted,
            reset_password=reset_password,
            confidential=confidential,
            notes=notes,
        )
    has_access = accounts.has_access(account, organization)
    if json:
        print_json({"email": account.email, "org": org, "role": role, "has_access": has_access})
    if not has_access:
        by_mail = BY_MAIL if mailing.is_set_up() else ""
        warning = WAITS.format(email=email, org=org, by_mail=by_mail)
        err.print(warning, markup=False, soft_wrap=True)
    elif not json:
        out.print(f"{email} is now {role} of {org}.", markup=False)


def verify(
    email: Email,
    password_stdin: PasswordStdin = False,
    keep_sign_in: Annotated[
        bool,
        typer.Option(
            "--keep-sign-in",
            help="Keep the current password. Use this option only if the person confirmed that "
            "they set the password themselves.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Confirm that an address belongs to the person who uses it.

    The person who created the account may not own the address, so the command removes the account's password, second
    factors, and sessions unless you keep them. Enter a new password on standard input or on the reset page.
    """
    password = _password(password_stdin)
    start()
    from jemmo.services.accounts import accounts
    from jemmo.services.notifications import mailing

    account = accounts.account_of(email)
    if keep_sign_in:
        accounts.trust(account)
    else:
        accounts.prove(account, password)
    if json:
        print_json({"email": account.email, "verified": True, "sign_in_kept": keep_sign_in})
        return
    out.print(f"{account.email} is verified.", markup=False)
    if not password and not keep_sign_in:
        reset = f"They must set a new password at {RESET_PAGE}."
        out.print(reset if mailing.is_set_up() else NO_MAIL, markup=False)


def sign_out(email: Email, json: Json = False) -> None:
    """Sign a person out on every device."""
    start()
    from jemmo.services.accounts import accounts
    from jemmo.store.db import sessions

    ended = sessions.end(accounts.account_of(email).pk)
    answer(
        {"email": email, "sessions_ended": ended},
        f"{email} was signed out. Sessions ended: {ended}.",
        json=json,
    )


def _password(from_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None
