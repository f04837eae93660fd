"""Commands that delete an organization."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json, Org
from jemmo.cli.output import answer, cell, err, out, print_json
from jemmo.cli.startup import start
from jemmo.domain.errors import ConfigError
from jemmo.domain.spans import utc_text


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Delete an organization, or undo its deletion.")
    group.callback()(lambda: None)
    group.command("delete", epilog=examples("jemmo org delete --org acme"))(delete)
    group.command("keep", epilog=examples("jemmo org keep --org acme"))(keep)
    app.add_typer(group, name="org")


def delete(
    org: Org,
    at_once: Annotated[
        bool,
        typer.Option(
            "--now",
            help="Delete immediately. By default, you can undo the deletion for a week.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Delete an organization and all of its data.

    The organization is deleted after a week, or immediately with --now. The command prints a certificate.
    """
    start()
    from jemmo.files.choose import open_storage
    from jemmo.services.accounts import accounts, organization_deletion
    from jemmo.vault import default_vault

    company = accounts.organisation(org)
    _confirm(company.name, yes)
    now = datetime.now(UTC)
    asked = organization_deletion.pending_org_deletion(company) if at_once else None
    if asked is None:
        grace = timedelta(0) if at_once else organization_deletion.GRACE
        asked = organization_deletion.schedule_org_deletion(
            company, actor=None, now=now, grace=grace
        )
    elif asked.due_at > now:
        organization_deletion.skip_grace_period(asked, now=now)
    if at_once:
        while organization_deletion.step(asked.id, vault=default_vault(), storage=open_storage()):
            pass
        asked.refresh_from_db()
    if json:
        print_json(organization_deletion.certificate(asked))
        return
    if not at_once:
        out.print(f"{org} will be deleted on {utc_text(asked.due_at)}.")
        out.print(f"To undo the deletion before then, run `jemmo org keep --org {org}`.")
        return
    out.print(f"Deleted. Certificate {asked.id} of {cell(asked.finished_at)}:")
    for name, count in sorted(asked.removed.items()):
        out.print(f"  {count:,} {name}")
    out.print("Revoke the API keys in the ATS. Backups contain its data until you delete them.")


def keep(org: Org, json: Json = False) -> None:
    """Undo `jemmo org delete` within a week. Syncs then resume."""
    start()
    from jemmo.services.accounts import accounts, organization_deletion

    organization_deletion.cancel_org_deletion(
        accounts.organisation(org), actor=None, now=datetime.now(UTC)
    )
    answer({"org": org, "kept": True}, f"{org} will be kept.", json=json)


def _confirm(name: str, yes: bool) -> None:
    if yes:
        return
    err.print(f"{name} and all its data will be deleted.", markup=False)
    if (
        not sys.stdin.isatty()
        or typer.prompt("To confirm, type the organization's name", err=True).strip() != name
    ):
        raise ConfigError("not_confirmed")
