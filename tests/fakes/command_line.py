"""Lists every command of `jemmo`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from jemmo.cli.main import app

HOME = typer.main.get_group(app)


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words of each command, and the command itself."""

    def below(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for name in group.list_commands(None):
            command = group.get_command(None, name)
            if hasattr(command, "commands"):
                yield from below(command, (*path, name))
            else:
                yield (*path, name), command

    yield from below(HOME, ())
