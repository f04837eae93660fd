"""Looks at what is pinned: nothing unpinned, no hash missing, the lists agree, licences allow it, no known weakness.

The last needs the network: pip-audit asks the advisory service of the package index. Where that does not answer, it says
so and fails nobody: `make check` works offline. CI_AUDIT=required makes that an error.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "requirements"
LISTS = ("run", "dev", "build")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|PostgreSQL|LGPL|Lesser|MPL|Mozilla|Zlib|0BSD|Unlicense|"
    r"Public Domain|CC0|HPND|BlueOak",
    re.IGNORECASE,
)
SECONDS = 60


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
        found[pin[1].lower()] = pin[2]
    return found, wrong


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
            told.get("License-Expression") or "",
            (told.get("License") or "")[:200],
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


def weaknesses() -> tuple[bool, str]:
    """Whether all is well as far as could be seen, and what to say."""
    if importlib.util.find_spec("pip_audit") is None:
        return True, "Known weaknesses: not audited, pip-audit is not installed."
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
    ]
    try:
        done = subprocess.run(
            [*command, "-r", str(FOLDER / "run.txt")],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, "Known weaknesses: not audited, the advisory service does not answer."
    if done.returncode == 0:
        return True, "Known weaknesses: none."
    if "vulnerabilit" in done.stderr and "Found" in done.stderr:
        return False, done.stdout + done.stderr
    return True, "Known weaknesses: not audited, offline or without an advisory service."


def main() -> int:
    wrong = disagreements()
    for one in wrong:
        print(f"requirements: {one}")
    well, told = weaknesses()
    print(told.strip())
    audited = "not audited" not in told
    if not audited and os.environ.get("CI_AUDIT") == "required":
        well = False
    return 0 if well and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
