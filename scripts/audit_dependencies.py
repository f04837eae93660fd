"""Looks at what is pinned: nothing unpinned, no hash missing, the lists agree, licences allow it, no known weakness.

The last needs the network: pip-audit asks the advisory service of the package index. Where that does not answer, it
says so and fails nobody: `make check` works offline. CI_AUDIT=required makes that an error.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from packaging.markers import Marker

FOLDER = Path(__file__).parent.parent / "requirements"
LISTS = ("run", "dev", "build")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|PostgreSQL|LGPL|Lesser|MPL|Mozilla|Zlib|0BSD|Unlicense|"
    r"Public Domain|CC0|HPND|BlueOak",
    re.IGNORECASE,
)
SECONDS = 60
TOLD_ELSEWHERE = {"axe-playwright-python": "MIT"}
"""Licences that stand in a package's repository and not in its metadata."""


def pins(name: str) -> tuple[dict[str, str], list[str]]:
    """Version by name as a list pins it, and what is wrong with its lines."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    text = (FOLDER / f"{name}.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pin = PIN.match(line)
        if pin is None:
            wrong.append(f"{name}.txt: not a pin: {line[:60]}")
            continue
        hashes = re.findall(r"--hash=sha256:([0-9a-f]+)", line)
        if not hashes or any(len(one) != 64 for one in hashes):
            wrong.append(f"{name}.txt: {pin[1]} has no whole hash")
        if _applies(line):
            found[pin[1].lower()] = pin[2]
    return found, wrong


def _applies(line: str) -> bool:
    """Whether a pin is for this Python and system."""
    marker = re.search(r";\s*([^\\]*?)\s*(?:--hash|$)", line)
    return marker is None or Marker(marker[1]).evaluate()


def wanted(name: str) -> set[str]:
    """What an ``.in`` file asks for, by name."""
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    return {
        re.split(r"[\[<>=!~; ]", line.strip(), maxsplit=1)[0].lower().replace("_", "-")
        for line in lines
        if line.strip() and not line.startswith(("#", "-"))
    }


def licence_of(name: str) -> str:
    told = importlib.metadata.metadata(name)
    classifiers = told.get_all("Classifier") or []
    return " ".join(
        [
            TOLD_ELSEWHERE.get(name, ""),
            *(told.get_all("License-Expression") or []),
            *(one[:200] for one in told.get_all("License") or []),
            *(one for one in classifiers if one.startswith("License")),
        ]
    )


def disagreements() -> list[str]:
    wrong: list[str] = []
    lists = {}
    for name in LISTS:
        lists[name], bad = pins(name)
        wrong += bad
        wrong += [
            f"{name}.in asks for {one}, and {name}.txt does not pin it"
            for one in sorted(wanted(name) - set(lists[name]))
        ]
    for one, version in lists["run"].items():
        other = lists["dev"].get(one, version)
        if other != version:
            wrong.append(f"{one} is {version} in run.txt and {other} in dev.txt")
    for one, version in {**lists["dev"], **lists["run"]}.items():
        try:
            here = importlib.metadata.version(one)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system or Python
        if here != version:
            wrong.append(f"{one} is pinned as {version}, and {here} is installed: run `make setup`")
        if not FREE.search(licence_of(one)):
            wrong.append(
                f"{one} has a licence we do not know: {licence_of(one).strip()[:80] or 'none'}"
            )
    return wrong


def weaknesses() -> tuple[bool, bool, str]:
    """Whether it was looked at, whether all is well as far as that went, and what to say."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    options = ["--progress-spinner=off", "--format=json", "-r", str(FOLDER / "run.txt")]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [*command, *options], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        told = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return False, True, "Known weaknesses: not audited, offline or without an advisory service."
    skipped = [one["name"] for one in told if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version yet'}"
        for one in told
        for weak in one.get("vulns", [])
    ]
    if found:
        return True, False, "\n".join(f"Known weakness: {one}" for one in found)
    if len(skipped) == len(told):
        return False, True, "Known weaknesses: not audited, the index at hand has no advisories."
    unseen = (
        f" {len(skipped)} could not be audited: {', '.join(skipped[:5])} ..." if skipped else ""
    )
    return True, True, f"Known weaknesses: none in {len(told) - len(skipped)} packages.{unseen}"


def main() -> int:
    wrong = disagreements()
    for one in wrong:
        print(f"requirements: {one}")
    audited, well, told = weaknesses()
    print(told)
    required = os.environ.get("CI_AUDIT") == "required"
    return 1 if wrong or not well or (required and not audited) else 0


if __name__ == "__main__":
    sys.exit(main())
