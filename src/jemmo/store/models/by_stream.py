"""The model of each stream's records, by the table named in ``domain.entities``."""

from __future__ import annotations

from jemmo.domain.entities import ENTITIES
from jemmo.domain.streams import Stream
from jemmo.store.models.synced import Synced

_BY_TABLE: dict[str, type[Synced]] = {
    model._meta.db_table: model  # noqa: SLF001 - Django's own name
    for model in Synced.__subclasses__()
}
MODELS: dict[Stream, type[Synced]] = {
    stream: _BY_TABLE[entity.table] for stream, entity in ENTITIES.items()
}
