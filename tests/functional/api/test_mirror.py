"""The mirror example, run as a separate process against a real server."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from fakes.showcase import Showcase

from jemmo.services.accounts import tokens
from jemmo.store.models import FeedPosition, Job, Talent
from jemmo.store.records.export import KINDS

MIRROR = Path(__file__).parents[3] / "examples" / "mirror.py"


def test_a_mirror_starts_follows_and_repairs_itself(
    showcase: Showcase, address: str, tmp_path: Path
) -> None:
    made = tokens.create(showcase.org, ["records"], name="mirror", now=datetime.now(UTC))
    path = tmp_path / "copy.db"

    def mirror() -> str:
        done = subprocess.run(
            [sys.executable, str(MIRROR), address, str(path)],
            env={**os.environ, "JEMMO_TOKEN": made.secret},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def copied() -> set[str]:
        with sqlite3.connect(path) as db:
            return {row[0] for row in db.execute("SELECT id FROM record WHERE entity = 'talents'")}

    def shown() -> set[str]:
        return {
            str(key) for key in KINDS["talents"].shown(showcase.org).values_list("id", flat=True)
        }

    assert "complete" in mirror()
    assert copied() == shown() != set()

    Job.objects.filter(org=showcase.org).update(title="Other")
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(is_private=True)
    assert "complete" in mirror()

    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM record WHERE rowid % 2 = 0")
    said = mirror()
    assert "talents: rereading the ranges that differ" in said
    assert copied() >= shown() - {str(showcase.talent("elodie").id)}

    FeedPosition.objects.update(origin="a restored copy")
    assert "complete" in mirror()
