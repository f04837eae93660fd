"""The `jemmo` command."""

from __future__ import annotations

import typer

from jemmo.cli import (
    connections,
    data,
    hooks,
    keys,
    organisations,
    privacy,
    records,
    sandbox,
    schedule,
    server,
    support,
    syncs,
    users,
)
from jemmo.cli.output import explained_errors

app = typer.Typer(
    name="jemmo",
    help="Keeps a company's recruiting data true to its Applicant Tracking System.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (
    server,
    connections,
    syncs,
    records,
    data,
    hooks,
    support,
    sandbox,
    schedule,
    users,
    keys,
    privacy,
    organisations,
):
    module.register(app)


def run() -> None:
    """The entry point: runs a command; errors are told, not traced."""
    with explained_errors():
        app()
