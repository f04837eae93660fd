"""A migrated server that later runs copy, because initdb and the migrations take twenty times as long.

It is stored in pytest's cache, which ``pytest --cache-clear`` and ``make clean`` empty. Its name is a hash of
everything that determines the tables, so a changed migration creates a new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jemmo
from jemmo.embedded.account import server_account
from jemmo.embedded.places import Places, find_places, make_places

CODE = Path(jemmo.__file__).parent
TESTS = Path(__file__).parents[1]
SOURCES = (
    *(CODE / room for room in ("store", "domain", "embedded")),
    *(CODE / name for name in ("bootstrap.py", "conninfo.py", "settings.py")),
    CODE.parents[1] / "requirements" / "run.txt",
    *(TESTS / "conftest.py", Path(__file__)),
)
"""Everything that determines the content of a migrated database."""


class PreparedServer:
    """The stored server for the current code, in ``folder``: its ``cluster`` and a note for the runs that use it."""

    def __init__(self, folder: Path) -> None:
        self._all = folder
        self._kept = folder / fingerprint()

    def restore(self, home: Path) -> str | None:
        """Copy the cluster to where the server of ``home`` expects it. Return its note, ``None`` if there is none."""
        if not self._kept.exists():
            return None
        places = _places(home)
        try:
            _copy(self._kept / "cluster", places.cluster)
            return (self._kept / "note").read_text()
        except (OSError, subprocess.CalledProcessError):  # another run has just replaced the copy
            shutil.rmtree(places.cluster, ignore_errors=True)
            return None

    def keep(self, home: Path, note: str) -> None:
        """Store the cluster of a stopped server, replacing those of older code."""
        fresh = self._all / f"new-{secrets.token_hex(4)}"
        with contextlib.suppress(
            OSError, subprocess.CalledProcessError
        ):  # no space, so the next run migrates again
            fresh.mkdir()
            (fresh / "note").write_text(note)
            _copy(_places(home).cluster, fresh / "cluster")
            fresh.rename(self._kept)
        for other in self._all.iterdir():
            if other != self._kept:
                shutil.rmtree(other, ignore_errors=True)


def fingerprint() -> str:
    """Return a hash of ``SOURCES`` and of the user, who must own the server's files."""
    digest = hashlib.sha256(str(os.geteuid()).encode())
    for path in sorted(_files()):
        digest.update(f"\0{path.relative_to(TESTS.parent)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _files() -> Iterator[Path]:
    for source in SOURCES:
        found = source.rglob("*") if source.is_dir() else [source]
        yield from (path for path in found if path.is_file() and path.suffix != ".pyc")


def _places(home: Path) -> Places:
    return make_places(home, server_account(find_places(home).data))


def _copy(source: Path, target: Path) -> None:
    """Copy with owners and modes, which the server checks."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, capture_output=True)
