"""The names of ATSs for the command line. Imports no connector, so that `--help` can list them quickly."""

from __future__ import annotations

from pathlib import Path

PRACTICE = "template"

OFFERED = tuple(
    sorted(
        {place.parent.name for place in Path(__file__).parent.glob("*/connector.py")} - {PRACTICE}
    )
)
"""The keys of ``registry.CONNECTORS``."""
