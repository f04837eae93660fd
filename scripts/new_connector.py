"""Begin a connector: copy the template, give it a name, register it.

    python scripts/new_connector.py acme "Acme Hire"

Afterwards `jemmo sandbox acme` and `jemmo connect acme` work, and the contract suite passes. Make it true from there:
docs/adding-a-connector.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    "src/jemmo/connectors/template",
    "src/jemmo/sandbox/template",
    "tests/connectors/template",
    "tests/contracts/vendors/template.py",
)
REGISTRIES = (
    # file, the import to add, the line that lists the names, and how a name stands there
    (
        "src/jemmo/connectors/registry.py",
        "from jemmo.connectors.{name}.connector import {NAME}",
        re.compile(r"(?<=^OFFERED: tuple\[Connector, \.\.\.\] = \()(.*)(?=\)$)", re.MULTILINE),
        "{NAME}",
    ),
    (
        "src/jemmo/sandbox/server.py",
        "from jemmo.sandbox.{name}.app import {Name}",
        re.compile(
            r"(?<=^PROVIDERS: dict\[str, Start\] = \{\n)((?:    .*\n)*)(?=\}$)", re.MULTILINE
        ),
        '    "{name}": played({Name}),\n',
    ),
    (
        "tests/contracts/vendors/all.py",
        "from contracts.vendors.{name} import {NAME}",
        re.compile(r"(?<=^VENDORS: list\[Vendor\] = \[)(.*)(?=\]$)", re.MULTILINE),
        "{NAME}",
    ),
)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2 or not re.fullmatch(r"[a-z][a-z0-9]{1,29}", arguments[0]):
        sys.exit('Usage: python scripts/new_connector.py acme "Acme Hire" (a-z and 0-9, no blanks)')
    name, label = arguments
    if any(_target(place, name).exists() for place in COPIED):
        sys.exit(f"There is a connector {name} already.")
    for place in COPIED:
        _copy(ROOT / place, _target(place, name), name, label)
    for file, line, listed, entry in REGISTRIES:
        _register(ROOT / file, _named(line, name), listed, _named(entry, name))
    _tidy(name)
    print(f"{label} is begun. Next: docs/adding-a-connector.md, from its second step on.")


def _tidy(name: str) -> None:
    """Imports in the order of the alphabet, which another name changes."""
    changed = [_target(place, name) for place in COPIED] + [ROOT / one[0] for one in REGISTRIES]
    ruff = [sys.executable, "-m", "ruff"]
    for step in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run([*ruff, *step, "--quiet", "--no-cache", *changed], cwd=ROOT, check=True)  # noqa: S603 - ruff


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
        target.write_text(_renamed(source.read_text(), name, label))
    else:
        shutil.copy(source, target)


def _renamed(text: str, name: str, label: str) -> str:
    text = re.sub(r"\bTemplate(?=Source\b|\()|(?<=class )Template\b", name.capitalize(), text)
    text = text.replace("TEMPLATE", name.upper()).replace("Template", label)
    return text.replace("template", name)


def _register(file: Path, line: str, listed: re.Pattern[str], entry: str) -> None:
    """Add an import and an entry."""
    text = file.read_text()
    text = re.sub(r"^(?=from (jemmo|contracts))", f"{line}\n", text, count=1, flags=re.MULTILINE)

    def with_entry(found: re.Match[str]) -> str:
        by_line = entry.endswith("\n")
        parts = found[0].splitlines(keepends=True) if by_line else found[0].split(", ")
        return ("" if by_line else ", ").join(sorted([*parts, entry]))

    text, changed = listed.subn(with_entry, text)
    if not changed:
        sys.exit(f"{file} has no list where this script looks for one: add {entry.strip()} there.")
    file.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
