"""Tells the disguise of the present answer who and what is read from the tables.

Nothing read is changed, so nothing generic can ever be written: the disguise changes the answer's text alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.db import models

from jemmo.domain.masking import Disguise

_DISGUISE: ContextVar[Disguise | None] = ContextVar("disguise", default=None)


@contextmanager
def tracking_display(disguise: Disguise) -> Iterator[None]:
    """Within, everyone who is read is noted in the disguise."""
    token = _DISGUISE.set(disguise)
    try:
        yield
    finally:
        _DISGUISE.reset(token)


def present_disguise() -> Disguise | None:
    """The disguise of the answer being made; ``None`` outside screenshot mode."""
    return _DISGUISE.get()


class DisplayTracked(models.Model):
    """A model whose rows hold what screenshot mode must not show."""

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
        """After words were put back into what was read."""
        disguise = _DISGUISE.get()
        if disguise is not None:
            self.notice(disguise)

    def notice(self, disguise: Disguise) -> None:
        raise NotImplementedError

    def read(self, name: str) -> Any:
        """A field's value; ``None`` if it was not asked for."""
        return self.__dict__.get(name)
