"""Commands in the docs work: those in the README and the tutorial are run, all others are parsed."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.command_line import HOME

import jemmo

pytestmark = pytest.mark.one_server

ROOT = Path(jemmo.__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
BLOCK = re.compile(r"(<!-- not run[^>]*-->\n)?^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"`(?:\.venv/bin/)?(jemmo [^`\n]+)`")
PLACEHOLDER = re.compile(r"^(?:COMMAND|….*|\.\.\.)$")
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)")
READY = {"sandbox": "Teamtailor sandbox on", "up": "http"}
"""Commands that run until they are stopped, and their output once they are ready."""


def blocks(document: Path) -> list[str]:
    return [block for skipped, block in BLOCK.findall(document.read_text()) if not skipped]


def commands(document: Path) -> Iterator[str]:
    """Return every `jemmo …` command in a document."""
    text = document.read_text()
    yield from TYPED.findall(text)
    for _, block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            typed = line.split("# ")[0]
            for part in re.split(r"&&|\||;|<|>", typed):
                found = re.match(r"(?:export \S+ )?(?:\S*/)?(jemmo .+)", part.strip())
                if found:
                    yield found[1].strip()


def understood(typed: str) -> str:
    """Return an empty text, or why the command line would refuse the command."""
    words = shlex.split(typed, comments=True)[1:]
    group: Any = HOME
    if not words or words in (["--help"], ["--version"]):
        return ""
    while hasattr(group, "commands") and words:
        name = words.pop(0)
        if PLACEHOLDER.match(name):
            return ""
        group = group.get_command(None, name)
        if group is None:
            return f"there is no command {name}"
    if getattr(group, "name", "") == "sandbox" or hasattr(group, "commands"):
        return ""
    options = {
        option: parameter
        for parameter in group.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    options["--help"] = None
    unknown = [word for word in words if word.startswith("--") and word not in options]
    return f"there is no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_commands_that_exist(document: Path) -> None:
    assert {typed: why for typed in commands(document) if (why := understood(typed))} == {}


def test_documents_name_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text()
        code = [*re.findall(r"`(make [^`]+)`", text), *(block for _, block in BLOCK.findall(text))]
        assert set(TARGET.findall("\n".join(code))) <= targets, document


@contextmanager
def kept_running(command: str, environment: dict[str, str], ready: str) -> Iterator[None]:
    """Run a command in the background; yield once it is ready."""
    with subprocess.Popen(
        shlex.split(command), env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert any(ready in line for line in process.stdout), f"{command} ended"
            yield
        finally:
            process.terminate()
            process.communicate()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def surroundings() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "COLUMNS": "80"}


def run(typed: str, environment: dict[str, str], pasted: str = "") -> str:
    """Run a command, which must succeed; return its output."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", typed],
        env=environment,
        input=pasted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{typed}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.long
def test_the_readme_works_as_described(database_url: str) -> None:
    """A sandbox replaces the account; .ci/run runs ``make demo`` and ``make test``."""
    environment = surroundings()
    lines = [line for block in blocks(ROOT / "README.md") for line in block.splitlines()]
    commands = [line.split("#")[0].strip() for line in lines]
    assert [line for line in commands if not line.startswith(".venv/bin/jemmo ")] == [
        "make demo",
        "make test",
        "make setup",
    ]
    pasted = {"connect": "readme-key", "user": "a long password"}
    port = free_port()
    printed = []
    with ExitStack() as running:
        sandbox = f"jemmo sandbox teamtailor --port {port} --talents 60 --key readme-key"
        running.enter_context(kept_running(sandbox, environment, READY["sandbox"]))
        for command in commands[3:]:
            typed, verb = command.removeprefix(".venv/bin/"), command.split()[1]
            if verb == "connect":
                typed += f" --base-url http://127.0.0.1:{port}"
            if verb == "up":
                typed += f" --port {free_port()}"
                running.enter_context(kept_running(typed, environment, READY["up"]))
                continue
            printed.append(run(typed, environment, pasted.get(verb, "")))
    everything = "".join(printed)
    assert "Jemmo matches the ATS." in everything
    assert "you@example.com is now owner of acme." in everything


@pytest.mark.long
def test_the_first_sync_works_as_described(database_url: str) -> None:
    environment = surroundings()
    ports = {"9000": free_port(), "8000": free_port()}
    printed = []
    with ExitStack() as running:
        for block in blocks(ROOT / "docs" / "first-sync.md"):
            for line in block.splitlines():
                typed = re.sub(r"\b(?:9000|8000)\b", lambda found: ports[found[0]], line)
                words = typed.split()
                if words[0] == "jemmo" and words[1] in READY:
                    running.enter_context(kept_running(typed, environment, READY[words[1]]))
                    continue
                if typed == "jemmo down":  # the server of all tests must keep running
                    continue
                printed.append(run(typed, environment))
    everything = "".join(printed)
    assert "The ATS has 8 jobs, 47 stages, 300 talents, 420 applications." in everything
    assert "Jemmo matches the ATS." in everything
    assert re.search(r"talents +1 +0 +1 +0", everything), "one talent is updated"
    assert "you@example.com is now owner of acme." in everything
