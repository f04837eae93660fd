"""Starts a new connector: copies the template under a new name and registers it.

    python scripts/new_connector.py acme "Acme Hire"

Works with any Python 3.11 or newer once `scripts/install dev` has run. If a step fails, nothing is changed.

Afterwards `jemmo sandbox acme` and `jemmo connect acme` work, and the contract suite passes. docs/adding-a-connector.md
describes the next steps.
"""

from __future__ import annotations

import keyword
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENCODING = "utf-8"
COPIED = (
    "src/jemmo/connectors/template",
    "src/jemmo/sandbox/template",
    "tests/connectors/template",
    "tests/contracts/vendors/template.py",
)
REGISTRIES = (
    # file, the import to add, the list of names, and the form of an entry
    (
        ROOT / "src/jemmo/connectors/registry.py",
        "from jemmo.connectors.{name}.connector import {NAME}",
        re.compile(r"(?<=^OFFERED: tuple\[Connector, \.\.\.\] = \()(.*)(?=\)$)", re.MULTILINE),
        "{NAME}",
    ),
    (
        ROOT / "src/jemmo/sandbox/server.py",
        "from jemmo.sandbox.{name}.app import {Name}",
        re.compile(r"(?<=^PROVIDERS: Providers = \{\n)((?:    .*\n)*)(?=\}$)", re.MULTILINE),
        '    "{name}": {Name},\n',
    ),
    (
        ROOT / "tests/contracts/vendors/all.py",
        "from contracts.vendors.{name} import {NAME}",
        re.compile(r"(?<=^VENDORS: list\[Vendor\] = \[)(.*)(?=\]$)", re.MULTILINE),
        "{NAME}",
    ),
)


def main(arguments: list[str]) -> None:
    name, label = _checked(arguments)
    ruff = _ruff(arguments)
    before = {file: file.read_text(ENCODING) for file, *_ in REGISTRIES}
    try:
        for place in COPIED:
            _copy(ROOT / place, _target(place, name), name, label)
        for file, line, listed, entry in REGISTRIES:
            _register(file, _named(line, name), listed, _named(entry, name))
        _tidy(ruff, name)
    except BaseException as error:
        for place in COPIED:
            _remove(_target(place, name))
        for file, text in before.items():
            file.write_text(text, ENCODING)
        if isinstance(error, OSError):
            sys.exit(f"Nothing was changed: {error}")
        raise
    print(f"{label} is ready to change. Next: docs/adding-a-connector.md, from step 2.")


def _checked(arguments: list[str]) -> tuple[str, str]:
    """Return the name and the label. Exits if they can't be used as a module name and a text."""
    if len(arguments) != 2 or not re.fullmatch(r"[a-z][a-z0-9]{1,29}", arguments[0]):
        sys.exit('Usage: python scripts/new_connector.py acme "Acme Hire" (a-z and 0-9, no spaces)')
    name, label = arguments
    if not label.strip() or not label.isprintable() or set(label) & set('"\\{}'):
        sys.exit("The label must be text without quotation marks, backslashes or braces.")
    taken = [_target(place, name) for place in COPIED]
    if any(one.exists() or one.with_suffix(".py").exists() for one in taken):
        sys.exit(f"The name {name} is taken. Choose another.")
    if keyword.iskeyword(name):
        sys.exit(f"The name {name} is a Python keyword. Choose another.")
    return name, label


def _ruff(arguments: list[str]) -> list[str]:
    """Return the command for Ruff, from this Python or from the project's own. Exits if neither has Ruff."""
    own = (ROOT / ".venv" / one for one in ("bin/python", "Scripts/python.exe"))
    for python in (sys.executable, *(str(one) for one in own if one.exists())):
        ruff = [python, "-m", "ruff"]
        if subprocess.run([*ruff, "--version"], capture_output=True, check=False).returncode == 0:  # noqa: S603 - ruff
            return ruff
    again = shlex.join([".venv/bin/python", "scripts/new_connector.py", *arguments])
    sys.exit(
        f"Nothing was changed: {sys.executable} has no Ruff, which sorts the new imports.\n"
        f"Install the project's tools, then try again:\n\n    scripts/install dev\n    {again}"
    )


def _tidy(ruff: list[str], name: str) -> None:
    """Sort the imports, whose order depends on the new name, and format the files."""
    changed = [_target(place, name) for place in COPIED] + [file for file, *_ in REGISTRIES]
    for step in (["check", "--select", "I", "--fix"], ["format"]):
        command = [*ruff, *step, "--quiet", "--no-cache", *map(str, changed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ruff
        if done.returncode:
            sys.exit(f"Nothing was changed: Ruff refused the copies.\n{done.stdout}{done.stderr}")


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _target(place: str, name: str) -> Path:
    return ROOT / place.replace("template", name)


def _named(text: str, name: str) -> str:
    return text.format(name=name, NAME=name.upper(), Name=name.capitalize())


def _copy(source: Path, target: Path, name: str, label: str) -> None:
    if source.is_dir():
        target.mkdir()
        for one in sorted(source.iterdir()):
            if one.name != "__pycache__":
                _copy(one, target / one.name, name, label)
    elif source.suffix in {".py", ".md"}:
        target.write_text(_renamed(source.read_text(ENCODING), name, label), ENCODING)
    else:
        shutil.copy(source, target)


def _renamed(text: str, name: str, label: str) -> str:
    text = re.sub(r"\bTemplate(?=Source\b|\()|(?<=class )Template\b", name.capitalize(), text)
    text = text.replace("TEMPLATE", name.upper()).replace("Template", label)
    return text.replace("template", name)


def _register(file: Path, line: str, listed: re.Pattern[str], entry: str) -> None:
    """Add an import and an entry."""
    text = file.read_text(ENCODING)
    text = re.sub(r"^(?=from (jemmo|contracts))", f"{line}\n", text, count=1, flags=re.MULTILINE)

    def with_entry(found: re.Match[str]) -> str:
        by_line = entry.endswith("\n")
        parts = found[0].splitlines(keepends=True) if by_line else found[0].split(", ")
        return ("" if by_line else ", ").join(sorted([*parts, entry]))

    text, changed = listed.subn(with_entry, text)
    if not changed:
        sys.exit(f"Nothing was changed: {file} doesn't contain the expected list.")
    file.write_text(text, ENCODING)


if __name__ == "__main__":
    main(sys.argv[1:])
