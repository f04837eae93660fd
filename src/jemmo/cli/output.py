"""How commands speak: tables for people, one JSON object for programs, errors that say what to do."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec
import typer
from rich.console import Console

from jemmo.domain.errors import FailureMode, JemmoError, Unexpected
from jemmo.home import home

SUCCEEDED, PARTIAL, CUSTOMER_ACTS, FAILED = 0, 3, 4, 5

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say_json(value: Any) -> None:
    """One JSON object as the last line of stdout."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def exit_code(failure: FailureMode | None) -> int:
    """4 when the customer must act, else 5."""
    return CUSTOMER_ACTS if failure is FailureMode.CONFIG else FAILED


def say_error(error: dict[str, str]) -> None:
    """What happened, why, and what to do next, on stderr."""
    err.print(f"[bold red]Error:[/] {_plain(error['message'])}", soft_wrap=True)
    err.print(f"[bold]Next step:[/] {_plain(error['next_step'])}", soft_wrap=True)


def fail(error: JemmoError, *, frame: Mapping[str, Any] | None = None) -> NoReturn:
    """Tell an error and end; ``frame`` is the JSON object it is told in, where one is expected."""
    if frame is not None:
        say_json({**frame, "error": error.as_dict()})
    say_error(error.as_dict())
    raise typer.Exit(exit_code(error.failure))


@contextmanager
def explained_errors(frame: Mapping[str, Any] | None = None) -> Iterator[None]:
    """No traceback reaches a person: an explained error is told, an unknown one is kept in a file."""
    try:
        yield
    except JemmoError as error:
        fail(error, frame=frame)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.stderr.write("Stopped.\n")
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence; it is kept and told
        bug = Unexpected("Jemmo failed in a way it did not expect.", next_step=_keep(error))
        fail(bug, frame=frame)


def _keep(error: Exception) -> str:
    """Write where it happened, without the values involved, since those may be a person's data."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    path = home() / "last-error.txt"
    path.write_text(f"{type(error).__name__}\n{frames}")
    path.chmod(0o600)
    return f"Send {path} to support; it names the place in the code and no data."


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
