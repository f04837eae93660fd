"""The units in deploy/systemd, checked by systemd itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import jemmo

UNITS = Path(jemmo.__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
EXPOSURE = 2.5  # of 10; the rest is for the network and its own files

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as installed, with this machine's command and an environment file."""
    program = str(Path(sys.executable).with_name("jemmo"))
    for path in UNITS.iterdir():
        text = path.read_text().replace("/opt/jemmo/.venv/bin/jemmo", program)
        (tmp_path / path.name.replace("@.", "@1.")).write_text(text)
    return tmp_path


def analyze(*words: str | Path) -> str:
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", [*SERVICES, "jemmo-web.socket"])
def test_systemd_understands_every_line(units: Path, name: str) -> None:
    said = analyze("verify", "--man=no", units / name.replace("@.", "@1."))

    assert [line for line in said.splitlines() if str(units) in line] == []


@pytest.mark.parametrize("name", SERVICES)
def test_an_intruder_would_have_few_permissions(units: Path, name: str) -> None:
    path = units / name.replace("@.", "@1.")
    said = analyze("security", "--offline=yes", f"--threshold={EXPOSURE * 10:.0f}", path)

    rated = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert rated
    assert float(rated[1]) <= EXPOSURE
