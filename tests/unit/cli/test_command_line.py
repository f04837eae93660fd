"""Rules for every command: quick to start, listed correctly, and with output and errors that programs can read."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from fakes.command_line import HOME, commands
from typer import Context
from typer.testing import CliRunner

from jemmo.cli import output
from jemmo.cli.main import COMMANDS, app
from jemmo.connectors import names
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.errors import FailureMode

HEAVY = (
    *("django", "aiohttp", "tink", "pyarrow", "boto3", "psycopg", "procrastinate", "rich"),
    *("msgspec", "structlog", "asyncio", "jemmo.bootstrap", "jemmo.connectors"),
)
WITHOUT_JSON = {("up",), ("web",), ("worker",), ("sandbox",), ("mcp",), ("export",)}
"""Commands that run until they are stopped, or print records."""
NO_DATABASE = {("doctor",), ("down",)}
"""Commands that work without a database, and report that in their own object."""
VALUES = {
    "org": "acme",
    "provider": "teamtailor",
    "kind": "job",
    "record": "1",
    "email": "ada@example.com",
    "to": "/nowhere/file",
    "source": "/nowhere/file",
    "path": "/nowhere/file",
    "scope": "records",
    "url": "https://app.example.com/jemmo",
    "event": "records.changed",
    "endpoint": "b9cb0248-07be-4174-985b-83c161d65ee2",
    "token": "b9cb0248-07be-4174-985b-83c161d65ee2",
}
PRINTING = [(words, command) for words, command in commands() if words not in WITHOUT_JSON]


def names_of(value: Any) -> str:
    return " ".join(value) if isinstance(value, tuple) else ""


def required(command: Any) -> list[str]:
    """Return the minimal arguments of a command."""
    words: list[str] = []
    for param in command.params:
        if param.required:
            option = [] if param.param_type_name == "argument" else [param.opts[0]]
            words += [*option, VALUES[param.name]]
    return words


def error_of(output: str) -> dict[str, str]:
    error: dict[str, str] = json.loads(output.splitlines()[-1])["error"]
    return error


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_listing_the_commands_imports_nothing_heavy(word: str) -> None:
    program = (
        "import sys; from jemmo.cli.main import app\n"
        f"try: app([{word!r}])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = HOME.get_command(Context(HOME), name)
    assert command is not None
    assert (command.help or "").splitlines()[0] == COMMANDS[name].help
    assert len(COMMANDS[name].help) <= 58  # longer texts are cut off at 80 columns


def test_the_list_has_panels_and_examples() -> None:
    shown = CliRunner().invoke(app, []).stdout
    for panel in ("Run:", "Sync:", "Inspect:", "Privacy:", "Keys:", "Examples:"):
        assert panel in shown


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"jemmo {version('jemmo')}\n"


def test_connect_names_every_ats() -> None:
    assert set(CONNECTORS) == set(names.OFFERED)
    shown = CliRunner().invoke(app, ["connect", "--help"]).stdout
    assert ", ".join(names.OFFERED) in shown


@pytest.mark.parametrize(("words", "command"), list(commands()), ids=names_of)
def test_no_help_shows_a_python_type(words: tuple[str, ...], command: Any) -> None:
    if words != ("sandbox",):
        assert "<bool>" not in CliRunner().invoke(app, [*words, "--help"]).stdout


@pytest.mark.parametrize(("words", "command"), PRINTING, ids=names_of)
def test_every_command_with_a_result_has_json_output(words: tuple[str, ...], command: Any) -> None:
    assert "--json" in {option for param in command.params for option in param.opts}


@pytest.mark.parametrize(("words", "command"), PRINTING, ids=names_of)
def test_wrong_usage_is_an_object_too(words: tuple[str, ...], command: Any) -> None:
    done = CliRunner().invoke(app, [*words, "--json", "--no-such-option"])
    assert done.exit_code == 2
    assert error_of(done.stdout)["code"] == "usage"
    assert f"`jemmo {' '.join(words)} --help`" in error_of(done.stdout)["next_step"]
    assert "Next step:" in done.stderr


@pytest.mark.parametrize(("words", "command"), PRINTING, ids=names_of)
def test_an_error_is_an_object_too(
    words: tuple[str, ...], command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words in NO_DATABASE:
        return
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = CliRunner().invoke(app, [*words, *required(command), "--json"])
    assert done.exit_code == 4
    assert set(error_of(done.stdout)) == {"code", "message", "next_step"}
    assert error_of(done.stdout)["message"] in done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["--nonsense"], ["user"]])
def test_an_unknown_command_is_an_object_too(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--json"])
    assert (done.exit_code, error_of(done.stdout)["code"]) == (2, "usage")


def test_a_bug_leaves_where_each_task_of_a_group_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "ada@example.com"

    def unlucky() -> None:
        raise ValueError(address)

    async def work() -> None:
        async with asyncio.TaskGroup() as outer, asyncio.TaskGroup() as inner:
            outer.create_task(asyncio.to_thread(unlucky))
            inner.create_task(asyncio.to_thread(unlucky))

    monkeypatch.setenv("JEMMO_HOME", str(tmp_path))
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(work())

    assert output.report(raised.value, json=False) == output.exit_code(FailureMode.INTERNAL)

    kept = (tmp_path / "last-error.txt").read_text()
    assert "ValueError" in kept
    assert "in unlucky" in kept
    assert "ada@example.com" not in kept + capsys.readouterr().err
