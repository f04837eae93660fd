"""The simulated ATSs: a program of its own, started from here."""

from __future__ import annotations

import os
import sys

import typer


def register(app: typer.Typer) -> None:
    app.command(
        "sandbox",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        add_help_option=False,
    )(sandbox)


def sandbox(context: typer.Context) -> None:
    """Run a simulated ATS over HTTP on this machine; `jemmo sandbox --help` lists its options."""
    os.execv(sys.executable, command(context.args))  # noqa: S606 - our own program, no shell


def command(arguments: list[str]) -> list[str]:
    """The command line that runs a simulated ATS."""
    return [sys.executable, "-m", "jemmo.sandbox", *arguments]
