"""Talents, with contact details in a separate table, so that lists never read them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from jemmo.domain.consent import Stance, Withheld, consent_badges, withheld
from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import DisplayTracked
from jemmo.store.models.accounts import Organisation
from jemmo.store.models.jobs import Department
from jemmo.store.models.ordering import HIDDEN, SHOWN, Alphabetical, recent, sort_indexes
from jemmo.store.models.synced import OfOrganisation, Synced


class Talent(DisplayTracked, Synced):
    """A person the organization could hire.

    ``do_not_contact_*`` belongs to Jemmo, and no sync changes it. ``anonymised_at`` is when a sync noticed that the ATS
    had removed the person from the record.
    """

    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    headline = models.TextField(null=True)
    current_company = models.TextField(null=True)
    current_title = models.TextField(null=True)
    summary = models.TextField(null=True)
    location = models.JSONField(null=True)
    department = models.ForeignKey(
        Department,
        models.SET_NULL,
        null=True,
        related_name="talents",
        db_index=False,
        db_constraint=False,
    )
    department_remote_id = models.TextField(null=True)
    language = models.TextField(null=True)
    origin = models.TextField(null=True)
    source = models.TextField(null=True)
    source_url = models.TextField(null=True)
    is_private = models.BooleanField(db_default=False)
    is_archived = models.BooleanField(db_default=False)
    is_internal = models.BooleanField(db_default=False)
    consent_state = models.TextField(db_default="UNKNOWN")
    consent_at = models.DateTimeField(null=True)
    can_email = models.BooleanField(null=True)
    tags = ArrayField(models.TextField(), db_default=[])
    custom_fields = models.JSONField(db_default={})
    excluded_reason = models.TextField(null=True)
    search = SearchVectorField(null=True)
    do_not_contact_at = models.DateTimeField(null=True)
    do_not_contact_reason = models.TextField(null=True)
    do_not_contact_by = models.UUIDField(null=True)
    anonymised_at = models.DateTimeField(null=True)

    linkedin_profile: str | None = None
    """Part of ``TalentContacts.sealed_texts``; set once ``store.records.redaction`` has decrypted them."""

    class Meta(Synced.Meta):
        db_table = "talent"
        indexes = [
            recent("talent_recent", include=["is_private"]),  # the policy reads is_private
            models.Index(
                "org",
                Alphabetical("last_name"),
                Alphabetical("first_name"),
                "id",
                name="talent_by_name",
                condition=SHOWN,
            ),
            GinIndex(fields=["search"], name="talent_search"),
            models.Index(fields=["org", "id"], name="talent_hidden", condition=HIDDEN),
            models.Index(
                fields=["org"],
                name="talent_not_to_contact",
                condition=models.Q(do_not_contact_at__isnull=False),
            ),
            models.Index(
                fields=["org", "remote_deleted_at"],
                condition=models.Q(remote_deleted_at__isnull=False),
                name="talent_deleted",
            ),
            *sort_indexes("talent", condition=SHOWN),
        ]

    @property
    def withheld(self) -> Withheld | None:
        """Why this person's contact details are hidden from everyone."""
        return withheld(self.consent_state, do_not_contact=self.do_not_contact_at is not None)

    @property
    def marks(self) -> list[Stance]:
        """The badges next to the name that show whether this person may be contacted."""
        return consent_badges(
            self.consent_state,
            do_not_contact=self.do_not_contact_at is not None,
            can_email=self.can_email,
        )

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    def notice(self, disguise: Disguise) -> None:
        disguise.person(self.pk, self.read("first_name"), self.read("last_name"))
        disguise.company(self.read("current_company"))


class TalentContacts(OfOrganisation):
    """All contact details of a talent in one encrypted value, bound to connection and remote id.

    Decrypted, it is a JSON list of ``jemmo.domain.records.Contact``. ``hashes`` are used to find a person
    (``jemmo.services.base.lookups``). After an upgrade that changes them, they are ``hashes_outdated`` until
    recomputed. ``sealed_texts`` are the talent's texts before contact details were removed
    (``jemmo.domain.redaction``).
    """

    talent = models.OneToOneField(
        Talent, models.CASCADE, primary_key=True, related_name="contacts", db_constraint=False
    )
    sealed = models.BinaryField()
    sealed_texts = models.BinaryField(null=True)
    hashes = ArrayField(models.BigIntegerField(), null=True)
    hashes_outdated = models.BooleanField(db_default=False)

    class Meta:
        db_table = "talent_contacts"
        indexes = [
            GinIndex(fields=["hashes"], name="talent_contacts_hashes"),
            models.Index(
                fields=["talent"],
                condition=models.Q(hashes_outdated=True),
                name="talent_contacts_outdated",
            ),
        ]

    def __str__(self) -> str:
        return f"contacts of {self.talent_id}"


class Attachment(DisplayTracked, OfOrganisation):
    """A file of a talent. It never links to the ATS.

    ``fetch_status`` says whether the ATS's current version is stored. ``current_version`` is the ``FileVersion`` to
    show, until a newer one is stored. ``reason`` says why a file is not stored, or not yet.
    """

    id = models.BigAutoField(primary_key=True)
    talent = models.ForeignKey(
        Talent, models.CASCADE, related_name="attachments", db_index=False, db_constraint=False
    )
    remote_id = models.TextField()
    kind = models.TextField()
    file_name = models.TextField(null=True)
    content_type = models.TextField(null=True)
    remote_version = models.TextField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    remote_deleted_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.TextField(null=True)
    fetch_status = models.TextField(db_default="PENDING")
    reason = models.TextField(null=True)
    tries = models.SmallIntegerField(db_default=0)
    next_try_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    current_version = models.UUIDField(null=True)

    class Meta:
        db_table = "attachment"
        indexes = [
            models.Index(
                fields=["talent"],
                condition=models.Q(fetch_status="PENDING", remote_deleted_at=None),
                name="attachment_pending",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["talent", "remote_id"], name="attachment_key")
        ]

    def __str__(self) -> str:
        return self.file_name or self.remote_id

    def notice(self, disguise: Disguise) -> None:
        disguise.file(self.read("file_name"))


class Tag(models.Model):
    """A word that the organization's ATS assigns to jobs or talents."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="tags")
    name = models.TextField()

    class Meta:
        db_table = "tag"
        constraints = [models.UniqueConstraint(fields=["org", "name"], name="tag_once")]

    def __str__(self) -> str:
        return self.name
