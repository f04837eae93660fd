"""Notes that the team wrote about talents, for readers with the right to notes."""

from __future__ import annotations

from django.db import models

from jemmo.store.models.jobs import AtsUser
from jemmo.store.models.ordering import sort_indexes
from jemmo.store.models.synced import HasSealedTexts, Synced
from jemmo.store.models.talents import Talent


class Note(HasSealedTexts, Synced):
    """A note. ``body`` is the ATS's HTML, without contact details."""

    talent = models.ForeignKey(
        Talent, models.CASCADE, null=True, related_name="notes", db_constraint=False
    )
    talent_remote_id = models.TextField(null=True)
    author = models.ForeignKey(
        AtsUser,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    author_remote_id = models.TextField(null=True)
    body = models.TextField(null=True)
    is_private = models.BooleanField(db_default=False)

    class Meta(Synced.Meta):
        db_table = "note"
        indexes = sort_indexes("note")
