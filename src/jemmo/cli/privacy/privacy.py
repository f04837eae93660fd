"""Requests by data subjects: erasure, and a copy of their data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org
from jemmo.cli.output import err, out, print_json
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError
from jemmo.domain.spans import utc_text

Talent = Annotated[
    str | None, typer.Option("--talent", metavar="ID", help="The person's ID in the ATS.")
]
EmailStdin = Annotated[
    bool,
    typer.Option(
        "--email-stdin",
        help="Read the person's email address from standard input instead of using --talent.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command("erase", epilog=examples("jemmo erase --org acme --talent 1234567 --yes --json"))(
        erase
    )
    app.command(
        "subject-export",
        epilog=examples("jemmo subject-export --org acme --talent 1234567 --to person.zip"),
    )(subject_export)


def erase(
    org: Org,
    talent: Talent = None,
    email_stdin: EmailStdin = False,
    yes: Annotated[bool, typer.Option("--yes", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Permanently erase a person everywhere.

    The erasure covers tables, files, and history. Later syncs don't bring the person back. The command prints a
    certificate.
    """
    email = _email(talent, email_stdin)
    start()
    from jemmo.files.choose import open_storage
    from jemmo.services.accounts import accounts
    from jemmo.services.privacy import erasure
    from jemmo.vault import default_vault

    company = accounts.organisation(org)
    talent_ids = erasure.find(company, remote_id=talent, email=email, vault=default_vault())
    if not yes:
        err.print(f"{len(talent_ids)} records will be erased. This can't be undone.")
        if not sys.stdin.isatty() or not typer.confirm("Erase?", err=True):
            raise ConfigError("not_confirmed")
    made = erasure.erase(company, talent_ids, vault=default_vault(), storage=open_storage())
    if json:
        print_json(made)
        return
    out.print(f"Erased. Certificate {made.id} of {utc_text(made.at)}:")
    for name, count in made.removed.items():
        out.print(f"  {count:,} {name.replace('_', ' ')}")
    out.print(f"  IDs excluded from future syncs, stored only as keyed hashes: {made.suppressed:,}")
    out.print("Erase the person in the ATS too, because Jemmo only reads from it.")


def subject_export(
    org: Org,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The ZIP file to write.")],
    talent: Talent = None,
    email_stdin: EmailStdin = False,
    json: Json = False,
) -> None:
    """Write one person's data to a ZIP file.

    The ZIP file contains a readable page, the same data as JSON, and the person's stored files. It says what is not
    included.
    """
    email = _email(talent, email_stdin)
    start()
    from jemmo.files.choose import open_storage
    from jemmo.services.accounts import accounts
    from jemmo.services.privacy import erasure
    from jemmo.services.privacy import subject_export as subjects
    from jemmo.vault import default_vault
    from jemmo.vault.files import write_private

    company = accounts.organisation(org)
    talent_ids = erasure.find(company, remote_id=talent, email=email, vault=default_vault())
    storage = open_storage()

    def write(file: IO[bytes]) -> None:
        subjects.export(company, talent_ids, file, vault=default_vault(), storage=storage)

    try:
        write_private(to, write)
    except OSError as error:
        raise ConfigError("path", path=to) from error
    if json:
        print_json(
            {"path": str(to.absolute()), "bytes": to.stat().st_size, "records": len(talent_ids)}
        )
        return
    out.print(f"Wrote {to}. Send it securely, then delete it.", soft_wrap=True)


def _email(talent: str | None, from_stdin: bool) -> str | None:
    if (talent is None) is not from_stdin:
        raise ConfigError("who")
    return sys.stdin.readline().strip() if from_stdin else None
