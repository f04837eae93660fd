"""How commands print: tables for people, one JSON object for programs, errors with a next step."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import typer
from rich.console import (
    Console,
    ConsoleOptions,
    ConsoleRenderable,
    RenderableType,
    RenderHook,
    RenderResult,
)
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text

from jemmo.domain import system_errors
from jemmo.domain.errors import Cancelled, FailureMode, JemmoError, Unexpected, leaves
from jemmo.domain.spans import utc_text
from jemmo.domain.validation import printable
from jemmo.home import home

if TYPE_CHECKING:
    from rich.table import Table

SUCCEEDED, PARTIAL, CUSTOMER_ACTS, FAILED = 0, 3, 4, 5

# Without markup, since names from an ATS may contain brackets. For styles, print a ``Text``.
out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)


class _Printable:
    """Printable text, without control sequences, since names and titles come from an ATS."""

    def __init__(self, shown: RenderableType) -> None:
        self.shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.shown, options):
            text, style, control = segment
            yield segment if control else Segment(printable(text), style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.shown)


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Printable(renderable) for renderable in renderables]


for console in (out, err):
    console.push_render_hook(_Hook())

_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def table(*words: str, numbers: Iterable[str] = ()) -> Table:
    """A table whose headings, numbers and ids are complete at 80 columns. Columns in ``words`` may wrap."""
    from rich import box
    from rich.table import Table

    made = Table(*words, box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column in made.columns:
        column.no_wrap = column.header == "ID"  # another command asks for it
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def cell(value: Any) -> str:
    """A value in a table: a time to the minute, a list with commas, and a dash for nothing."""
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value else "–"


def print_secret(secret: str, warning: str) -> None:
    """Print a one-time secret alone on stdout, and what to do with it on stderr."""
    out.print(secret, markup=False, soft_wrap=True)
    err.print(warning, markup=False)


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def print_json(value: Any) -> None:
    """One JSON object as the last line of stdout."""
    sys.stdout.write(escaped(msgspec.json.encode(value).decode()) + "\n")
    sys.stdout.flush()


def answer(facts: Mapping[str, object], text: str, *, json: bool) -> None:
    """Print a command's outcome: an object for programs, a sentence for people."""
    if json:
        print_json(facts)
    else:
        out.print(text, markup=False)


def escaped(json: str) -> str:
    """JSON with escaped control characters, which some terminals would execute."""
    return json if json.isprintable() else json.translate(_CONTROLS)


def exit_code(failure: FailureMode | None) -> int:
    """4 when the customer must act, else 5."""
    return CUSTOMER_ACTS if failure is FailureMode.CONFIG else FAILED


def print_error(error: dict[str, str]) -> None:
    """What happened, why, and what to do next, on stderr."""
    message, next_step = error["message"], error["next_step"]
    err.print(Text.assemble(("Error:", "bold red"), f" {message}"), soft_wrap=True)
    err.print(Text.assemble(("Next step:", "bold"), f" {next_step}"), soft_wrap=True)


def fail(error: JemmoError, *, frame: Mapping[str, Any] | None = None) -> NoReturn:
    """Report an error and exit. ``frame`` is the JSON object to add it to, if one is expected."""
    if frame is not None:
        print_json({**frame, "error": error.as_dict()})
    print_error(error.as_dict())
    raise typer.Exit(exit_code(error.failure))


@contextmanager
def framed_errors(frame: Mapping[str, Any] | None) -> Iterator[None]:
    """Add an error to the JSON object that the command promises. Without one, leave it to the caller."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.TyperException):
        raise
    except Exception as error:
        if frame is None:
            raise
        fail(_error_of(error), frame=frame)


def report(error: Exception, *, json: bool) -> int:
    """Explain an error on stderr and, with ``json``, as an object on stdout. Return the exit status."""
    if isinstance(error, typer.TyperException):
        details, status = _usage(error), error.exit_code
    else:
        known = Cancelled(variant="command") if isinstance(error, typer.Abort) else _error_of(error)
        details, status = known.as_dict(), exit_code(known.failure)
    if json:
        print_json({"error": details})
    print_error(details)
    return status


def _usage(error: typer.TyperException) -> dict[str, str]:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "jemmo"
    next_step = f"Run `{command} --help` to see its options."
    return {"code": "usage", "message": error.format_message(), "next_step": next_step}


def _error_of(error: Exception) -> JemmoError:
    """Explain the error. For a bug, its location is written to a file, never a traceback."""
    return explain(error) or _unexpected(error)


def explain(error: Exception) -> JemmoError | None:
    """An error of ours, or a refusal by the database or the operating system; None for a bug."""
    from jemmo.store.db import postgres

    if isinstance(error, JemmoError):
        return error
    return postgres.explain(error) or system_errors.explain(error)


def _unexpected(error: Exception) -> Unexpected:
    """Write the location of a bug without the values involved, which may be personal data.

    Includes the tracebacks of a group's failed tasks.
    """
    failed = leaves(error)
    around = [] if failed == [error] else list(traceback.extract_tb(error.__traceback__))
    stacks = [[*around, *traceback.extract_tb(leaf.__traceback__)] for leaf in failed]
    places = [
        "".join([f"{type(leaf).__name__}\n", *traceback.format_list(stack)])
        for leaf, stack in zip(failed, stacks, strict=True)
    ]
    try:
        path = home() / "last-error.txt"
        path.write_text("\n".join(places))
        path.chmod(0o600)
    except OSError:
        last = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in stacks[0][-4:])
        return Unexpected(variant="place", place=f"{type(failed[0]).__name__} at {last}")
    return Unexpected(variant="report", path=path)
