"""What a person may ask for: to be forgotten, and to see what is held of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from jemmo import bootstrap
from jemmo.cli.connections import Json, Org
from jemmo.cli.output import err, explained_errors, out, say_json
from jemmo.domain.errors import ConfigError

Talent = Annotated[str | None, typer.Option("--talent", help="The person's id in the ATS.")]
EmailStdin = Annotated[
    bool,
    typer.Option("--email-stdin", help="Read an e-mail address from standard input instead."),
]


def register(app: typer.Typer) -> None:
    app.command("erase")(erase)
    app.command("subject-export")(subject_export)


def erase(
    org: Org,
    talent: Talent = None,
    email_stdin: EmailStdin = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    json: Json = False,
) -> None:
    """Erase a person everywhere, for good: tables, files, history. Prints a certificate."""
    with explained_errors():
        email = _email(talent, email_stdin)
        bootstrap.start()
        from jemmo.files.choose import open_storage
        from jemmo.services import accounts, erasure
        from jemmo.vault import default_vault

        company = accounts.organisation(org)
        found = erasure.find(company, remote_id=talent, email=email, vault=default_vault())
        if not yes:
            err.print(f"{len(found)} records will be erased. This cannot be taken back.")
            if not sys.stdin.isatty() or not typer.confirm("Erase?", err=True):
                raise ConfigError(
                    "Nothing was erased.", code="not_confirmed", next_step="Add --yes to confirm."
                )
        made = erasure.erase(company, found, vault=default_vault(), storage=open_storage())
        if json:
            say_json(made)
            return
        out.print(f"Erased. Certificate {made.id} of {made.at:%Y-%m-%d %H:%M} UTC:")
        for name, count in made.removed.items():
            out.print(f"  {count:,} {name.replace('_', ' ')}")
        out.print(f"  {made.suppressed:,} ids are kept out of coming syncs, as keyed hashes alone")
        out.print("Erase the person in the ATS too: Jemmo only reads there.")


def subject_export(
    org: Org,
    to: Annotated[Path, typer.Option("--to", help="The zip file to write.")],
    talent: Talent = None,
    email_stdin: EmailStdin = False,
) -> None:
    """Write all that is held of one person into a zip: JSON, a page to read, their files."""
    with explained_errors():
        email = _email(talent, email_stdin)
        bootstrap.start()
        from jemmo.files.choose import open_storage
        from jemmo.services import accounts, erasure, subjects
        from jemmo.vault import default_vault
        from jemmo.vault.files import write_private

        company = accounts.organisation(org)
        found = erasure.find(company, remote_id=talent, email=email, vault=default_vault())
        content = subjects.export(company, found, vault=default_vault(), storage=open_storage())
        try:
            write_private(to, content)
        except OSError as error:
            raise ConfigError(
                f"{to} cannot be written.", code="path", next_step="Choose another path."
            ) from error
        out.print(f"Wrote {to}: hand it over by a safe way, then delete it.", soft_wrap=True)


def _email(talent: str | None, from_stdin: bool) -> str | None:
    if (talent is None) is not from_stdin:
        raise ConfigError(
            "Say who is meant.",
            code="who",
            next_step="Give either --talent ID, or --email-stdin and the address on standard input.",
        )
    return sys.stdin.readline().strip() if from_stdin else None
