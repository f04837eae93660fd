"""Fail when a tracked file names a package registry, an index of packages or somebody's machine.

Such names are true in one place only: what installs here must install everywhere.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Each is split in two here, so that this file does not find itself.
FORBIDDEN = {
    "a package registry": re.compile(
        r"(files\.)?python" + r"hosted\.org|pypi" + r"\.org|registry\.npm" + r"js\.org"
        r"|deb\.debian" + r"\.org|crates" + r"\.io/api|proxy\.go" + r"lang\.org",
    ),
    "the address of a package index": re.compile(
        r"--(extra-)?index" + r"-url[ =]|--find" + r"-links[ =]|--trusted" + r"-host|/sim" + r"ple/"
    ),
    "a place on somebody's machine": re.compile(
        r"(?<![\w.~/-])/(home|Users)" + r"/[a-z][\w.-]*/|(?<![\w.~-])/ro" + r"ot/\w"
        r"|(?<![\w.~/-])/wo" + r"rk/(main|shared)|/opt/py" + r"pi"
    ),
}


def findings() -> Iterator[str]:
    """One line for each, as editors like it: file, line, what it is."""
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for what, pattern in FORBIDDEN.items():
                if pattern.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}: names {what}"


def _tracked() -> list[Path]:
    # Also what is new and would be added by the next commit.
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name]


if __name__ == "__main__":
    found = list(findings())
    print("\n".join(found))
    sys.exit(1 if found else 0)
