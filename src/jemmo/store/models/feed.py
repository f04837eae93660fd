"""The change feed of the API: what changed, and what readers have received; see ``docs/decisions/0031``."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from jemmo.store.models.accounts import Organisation
from jemmo.store.models.connections import Connection
from jemmo.store.models.tokens import ApiToken


class OfFeed(models.Model):
    """A row of an organization's feed. It has no foreign key, because triggers write too many rows to check each."""

    org = models.ForeignKey(
        Organisation, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True


def of_connection() -> models.ForeignKey[Connection | None, Connection | None]:
    """The connection that a record came from. The value stays after the connection is deleted."""
    return models.ForeignKey(
        Connection,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )


class FeedPosition(models.Model):
    """An organization's feed, while programs read it.

    Its changes have the numbers ``base`` + 1 to ``seq``; those up to ``oldest`` were deleted. ``origin`` identifies the
    database server's history, which a restored copy does not share.
    """

    org = models.OneToOneField(
        Organisation, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    base = models.BigIntegerField()
    oldest = models.BigIntegerField()
    seq = models.BigIntegerField()
    origin = models.TextField()
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "feed_position"

    def __str__(self) -> str:
        return f"feed of {self.org_id} at {self.seq}"


class FeedMark(OfFeed):
    """Records that a statement wrote, until they are compared with their last state in the feed.

    Only triggers write these rows. ``fields`` are the API fields that changed in all of the records.
    """

    id = models.BigAutoField(primary_key=True)
    entity = models.TextField()
    ids = ArrayField(models.UUIDField())
    fields = ArrayField(models.TextField(), db_default=[])
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "feed_mark"
        indexes: ClassVar = [models.Index(fields=["org", "id"], name="feed_mark_of_org")]

    def __str__(self) -> str:
        return f"{len(self.ids)} {self.entity}"


class FeedRecord(OfFeed):
    """A record's last state in the feed. ``level`` is who may read it: ``jemmo.store.feed.entities.Level``.

    ``parts`` are hashes of its parts in other tables.
    """

    pk = models.CompositePrimaryKey("org", "id")
    id = models.UUIDField()
    entity = models.TextField()
    level = models.SmallIntegerField(db_default=2)
    modified_at = models.DateTimeField()
    parts = ArrayField(models.BigIntegerField(), null=True)
    connection = of_connection()

    class Meta:
        db_table = "feed_record"

    def __str__(self) -> str:
        return f"{self.entity} {self.id}"


class FeedChange(OfFeed):
    """A numbered change. ``before`` and ``after`` are levels; 0 means that no one may read it.

    ``was`` and ``modified_at`` are the record's versions before and after.
    """

    pk = models.CompositePrimaryKey("org", "seq")
    seq = models.BigIntegerField()
    entity = models.TextField()
    record = models.UUIDField()
    before = models.SmallIntegerField(db_default=2)
    after = models.SmallIntegerField(db_default=2)
    was = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    fields = ArrayField(models.TextField(), db_default=[])
    at = models.DateTimeField()
    connection = of_connection()

    class Meta:
        db_table = "feed_change"

    def __str__(self) -> str:
        return f"change {self.seq}"


class FeedReader(OfFeed):
    """What a token may read, and from which number. It can't continue from an earlier one."""

    token = models.OneToOneField(
        ApiToken, models.CASCADE, primary_key=True, related_name="feed_reader"
    )
    rights = ArrayField(models.TextField())
    since = models.BigIntegerField()

    class Meta:
        db_table = "feed_reader"

    def __str__(self) -> str:
        return f"reader {self.token_id}"
