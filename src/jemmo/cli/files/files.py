"""Files, independent of any connection."""

from __future__ import annotations

import os
import stat
from typing import Annotated

import typer

from jemmo.cli.examples import examples
from jemmo.cli.options import Json
from jemmo.cli.output import out, print_json
from jemmo.domain.errors import ConfigError


def register(app: typer.Typer) -> None:
    files = typer.Typer(help="Show the text that Jemmo reads from a file.")
    files.command("read", epilog=examples("jemmo files read resume.docx --json"))(read)
    app.add_typer(files, name="files")


def read(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file to read.")],
    json: Json = False,
) -> None:
    """Show whether Jemmo would store a file, and what text it extracts.

    The command stores nothing and doesn't need a database. The exit status is 0 even if the file is refused.
    """
    from jemmo.files import reading
    from jemmo.files.limits import max_bytes
    from jemmo.files.text import TEXT_REASONS
    from jemmo.files.verdict import REASONS

    limit = max_bytes()
    answer = reading.read(_content(path, limit + 1), max_bytes=limit)
    if json:
        print_json(answer)
    elif answer.verdict == "refused":
        out.print(f"Refused: {REASONS[answer.reason or 'broken']}", markup=False, soft_wrap=True)
    else:
        out.print(f"Accepted as {answer.content_type}.", markup=False)
        if answer.reason:
            out.print(f"The text couldn't be read: {TEXT_REASONS[answer.reason]}", markup=False)
        else:
            shown = harmless(answer.text) or "No text found."
            out.print(f"\n{shown}", markup=False, soft_wrap=True)


def harmless(text: str) -> str:
    """Text that is safe on a terminal: without control characters, escape sequences and direction marks."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " for character in text
    )


def _content(path: str, size: int) -> bytes:
    """Read at most ``size`` bytes of a regular file. Raises ``ConfigError``."""
    shown = harmless(path)
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError("file_unreadable", variant="not_a_file", file=shown)
            return file.read(size)
    except FileNotFoundError:
        raise ConfigError("file_unreadable", variant="missing", file=shown) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError("file_unreadable", file=shown, reason=reason) from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file but not a pipe, which would block until another process writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
