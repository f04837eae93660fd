"""Short lists whose names are stored in other records: renaming one doesn't change those records' dates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from jemmo.connectors.jsonapi.asking import Asker
from jemmo.connectors.jsonapi.document import LooseDocument
from jemmo.connectors.jsonapi.query import Query

# Objects whose digests are stored; with more, records are only reread in due course
MOST_NAMED = 500

Digests = Callable[[Iterable[Any]], Mapping[str, str]]
"""Returns a digest of each object of a list, by ``type:id``."""


class NamedLists:
    """Digests of these lists, stored in ``Page.basis`` between syncs."""

    def __init__(self, asker: Asker, digests: Digests) -> None:
        self._asker = asker
        self._digests = digests
        self._known: dict[str, str] = {}
        self._read: set[str] = set()

    async def read(self, kinds: Collection[str]) -> None:
        """Read each list once per sync."""

        def add(page: LooseDocument) -> None:
            self._known |= self._digests(page.rows)

        for kind in kinds:
            if kind not in self._read and await self._asker.every_page(
                Query(path=kind, sort=None), add
            ):
                self._read.add(kind)

    def basis(self, kinds: Collection[str], digest: str, before: str | None) -> str:
        """Combine ``digest`` with these lists' digests; what is refused now keeps its previous ones."""
        digest = digest or (before or "").partition(" ")[0]
        old = _digests_in(before)
        named = {
            key: value
            for kind in kinds
            for key, value in (self._known if kind in self._read else old).items()
            if key.startswith(f"{kind}:")
        }
        if len(named) > MOST_NAMED:
            return digest
        return f"{digest} {msgspec.json.encode(named).decode()}"


def renamed(before: str | None, now: str | None) -> list[tuple[str, str]]:
    """Return the type and id of each object whose content has changed."""
    old, new = _digests_in(before), _digests_in(now)
    changed = [key for key in sorted(old) if key in new and old[key] != new[key]]
    return [(kind, key) for kind, _, key in (name.partition(":") for name in changed)]


def digest_of(value: Any) -> str:
    return blake2b(msgspec.json.encode(value), digest_size=8).hexdigest()


def _digests_in(basis: str | None) -> dict[str, str]:
    encoded = (basis or "").partition(" ")[2]
    return msgspec.json.decode(encoded, type=dict[str, str]) if encoded else {}
