"""Registers the people and texts read from the tables with the current response's disguise.

Rows stay unchanged, so a disguised value can never be saved: the disguise changes only the text of the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.db import models

from jemmo.domain.disguise import Disguise

_DISGUISE: ContextVar[Disguise | None] = ContextVar("disguise", default=None)


@contextmanager
def tracking_display(disguise: Disguise) -> Iterator[None]:
    """Register all people read inside the block with the disguise."""
    token = _DISGUISE.set(disguise)
    try:
        yield
    finally:
        _DISGUISE.reset(token)


def present_disguise() -> Disguise | None:
    """The disguise of the current response; ``None`` outside screenshot mode."""
    return _DISGUISE.get()


class DisplayTracked(models.Model):
    """A model whose rows contain data that screenshot mode must hide."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> Self:
        read: Self = super().from_db(db, field_names, values, **more)
        disguise = _DISGUISE.get()
        if disguise is not None:
            read.notice(disguise)
        return read

    def track_restored(self) -> None:
        """Register the row again after its original texts were restored."""
        disguise = _DISGUISE.get()
        if disguise is not None:
            self.notice(disguise)

    def notice(self, disguise: Disguise) -> None:
        raise NotImplementedError

    def read(self, name: str) -> Any:
        """A field's value; ``None`` if it was not loaded."""
        return self.__dict__.get(name)
