"""Starts what a command needs. Django is imported only then, so that `--help` stays fast."""

from __future__ import annotations


def start() -> str:
    """Prepare the database for a command that sees every organization. Return its URL."""
    from jemmo import bootstrap

    return bootstrap.start()
