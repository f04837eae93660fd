"""Starts the simulated ATSs, a separate program."""

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
    """Run a simulated ATS on this machine."""
    words = [sys.executable, "-m", "jemmo.sandbox", *context.args]
    os.execv(sys.executable, words)  # noqa: S606 - our own program, no shell
