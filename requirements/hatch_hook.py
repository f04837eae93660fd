"""Gives the package the dependencies listed in run.in and the lists it includes, so that they are written down once."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

EXTRAS = ("mcp", "otel", "parquet", "s3")
"""Lists of packages that one feature alone needs: ``pip install jemmo[s3]``."""


class RequirementsHook(MetadataHookInterface):
    """Called by hatchling while it builds."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = self._listed("run")
        metadata["optional-dependencies"] = {name: self._listed(name) for name in EXTRAS}

    def _listed(self, name: str) -> list[str]:
        lines = (Path(self.root) / "requirements" / f"{name}.in").read_text().splitlines()
        return [line for line in lines if line and not line.startswith(("#", "-r"))]
