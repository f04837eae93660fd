"""What a vendor defines for one account, in addition to its resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.jsonapi.asking import Asker
from jemmo.connectors.jsonapi.known_refusals import KnownRefusals
from jemmo.connectors.jsonapi.query import Filters
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.domain.streams import Stream
from jemmo.rest_client import RestClient

BOUNDS = timedelta(seconds=2)
"""Always read this overlap: whether a filter includes its bound, and its precision below a second, are unknown."""


class Account:
    """A vendor's account. A vendor sets the attributes that have no value, and overrides methods as needed."""

    path: str
    """The path that returns the key's company."""
    included: Any
    """The decoded type of included objects, with ``type``, ``id`` and ``attributes``."""
    digest = ""
    """A digest of lookups used by the mapping, other than ``ResourceType.names``; blank if they are refused."""

    def __init__(
        self, config: Config, client: RestClient, resources: Sequence[ResourceType]
    ) -> None:
        self.config = config
        self.client = client
        lag = timedelta(minutes=int(config.options["lag_minutes"])) + BOUNDS
        self.resources = {own.spec.name: _lagging(own, lag) for own in resources}
        self.asker = Asker(client, KnownRefusals(config.refusals))

    async def learn_account(self, stream: Stream, *, reads_all: bool) -> None:
        """Learn what reading a stream requires to know about the account; ``reads_all`` allows a few extra requests."""

    def refused_lists(self, stream: Stream) -> Collection[str]:
        """Return the lists that a stream's records are mapped with and that the account refuses."""
        return ()

    def digests(self, rows: Iterable[Any]) -> Mapping[str, str]:
        """Return a digest of each object in the lists of ``ResourceType.names``, by ``type:id``."""
        return {}

    def fields(self, stream: Stream) -> Mapping[str, str]:
        """Return sparse fields by type: for the stream's own records and for included ones."""
        return self.resources[stream].thin

    def further_includes(self, stream: Stream) -> tuple[str, ...]:
        """Return further includes that this account's records need, in addition to the declared ones."""
        return ()

    def lists(self, stream: Stream) -> tuple[Filters, ...]:
        """Return filters of the lists that make up a stream, if it takes several; they may overlap."""
        return ((),)

    def first_lists(self, stream: Stream) -> tuple[Filters, ...]:
        """Return filters of short lists to read before ``lists`` if recent records come first."""
        return ()

    def around(self, included: list[Any]) -> Any:
        """Return what mapping a page's records needs from the included objects."""
        return included

    def note(self, stream: Stream, rows: Sequence[Any]) -> None:
        """Remember what a stream's records reveal about those of others."""

    def doubt(self, stream: Stream, rows: list[Any]) -> str | None:
        """Return why a key that may read a list is still insufficient, judging by its first record."""
        return None


def _lagging(own: ResourceType, lag: timedelta) -> ResourceType:
    return replace(own, spec=replace(own.spec, lag=lag)) if own.spec.cursor else own
