"""Base of a vendor's changes: applied, added to the journal, announced by webhook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from jemmo.sandbox.journal import Journal

Applied = TypeVar("Applied")


class Changes(ABC, Generic[Applied]):
    """Edits, deletions and creations. Replaying them in sequence gives the same account.

    ``world`` and ``webhooks`` are the vendor's own; ``webhooks.url`` is where they are sent.
    """

    def __init__(self, world: Any, webhooks: Any, journal: Path | None) -> None:
        self._world = world
        self._webhooks = webhooks
        self._journal = Journal(journal)
        for order in self._journal.orders():
            self._apply(self._dated(order))

    def announce_to(self, url: str | None) -> None:
        """Set where webhooks are sent; None for nowhere."""
        self._webhooks.url = url

    def apply(self, order: dict[str, Any]) -> Applied:
        """Apply one order and add it to the journal. KeyError or ValueError if impossible."""
        order = self._dated(order)
        applied = self._apply(order)
        self._journal.add(order)
        return applied

    def _dated(self, order: dict[str, Any]) -> dict[str, Any]:
        return {**order, "at": self._moment(order.get("at"))}

    @abstractmethod
    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply one order and send its webhooks; return the record's id and what receivers answered."""

    @abstractmethod
    def _moment(self, value: Any) -> Any:
        """Return a moment as the vendor's world stores it; None is the current time."""

    @abstractmethod
    def _apply(self, order: dict[str, Any]) -> Applied:
        """Change the world and set the order's id, so that a replay gives the record the same one."""
