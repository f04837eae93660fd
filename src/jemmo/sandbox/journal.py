"""Keeps orders in a file, so that a sandbox continues where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Applied orders, one JSON object per line; without a path nothing is stored."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def orders(self) -> Iterator[dict[str, Any]]:
        """Yield the orders of earlier starts."""
        if self._path is not None and self._path.exists():
            yield from map(json.loads, self._path.read_text().splitlines())

    def add(self, order: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(order) + "\n")
