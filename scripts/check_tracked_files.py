"""Fails if a tracked file names a package registry, a package index, or a path on someone's machine.

Jemmo must be installable everywhere, but such names only work in one place.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Each pattern is split in two, so that this file doesn't match.
FORBIDDEN = {
    "a package registry": re.compile(
        r"(files\.)?python" + r"hosted\.org|pypi" + r"\.org|registry\.npm" + r"js\.org"
        r"|deb\.debian" + r"\.org|crates" + r"\.io/api|proxy\.go" + r"lang\.org",
    ),
    "the address of a package index": re.compile(
        r"--(extra-)?index" + r"-url[ =]|--find" + r"-links[ =]|--trusted" + r"-host|/sim" + r"ple/"
    ),
    "a path on someone's machine": re.compile(
        r"(?<![\w.~/-])/(home|Users)" + r"/[a-z][\w.-]*/|(?<![\w.~-])/ro" + r"ot/\w"
        r"|(?<![\w.~/-])/wo" + r"rk/(main|shared)|/opt/py" + r"pi"
    ),
}


def findings() -> Iterator[str]:
    """Yield one line per finding, in a form that editors understand: file, line, description."""
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
    # Also new files that the next commit might add.
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
