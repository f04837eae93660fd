"""Users of Jemmo: organizations, accounts, and what a member may do."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import DisplayTracked
from jemmo.store.models.kept import ObjectField


class Organisation(DisplayTracked):
    """A company that uses Jemmo.

    ``rules`` are ``jemmo.domain.rules.Rules`` as JSON without defaults; ``schedule`` is ``jemmo.domain.schedule.Plan``
    in the same form, without the time zone; ``privacy`` are ``jemmo.domain.retention.Retention``. ``deleted_at`` is
    when everything will be deleted; until then, the deletion can be canceled.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="Europe/Paris")
    rules = ObjectField(default=dict, db_default={}, blank=True)
    schedule = ObjectField(default=dict, db_default={}, blank=True)
    privacy = ObjectField(default=dict, db_default={}, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "organisation"

    def __str__(self) -> str:
        return self.name

    def notice(self, disguise: Disguise) -> None:
        disguise.company(self.read("name"))
        disguise.company(self.read("slug"))


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Account:
        if not email:
            raise ValueError("An account needs an email address.")
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Account:
        rights = {"is_staff": True, "is_superuser": True, "verified_email": email.lower()}
        return self.create_user(email, password, **{**rights, **fields})

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email__iexact=username)


class Account(DisplayTracked, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. May belong to several organizations.

    ``verified_email`` is the address that this person has proved to own. While it differs from ``email``, anyone may
    hold the password, so the account works only in ``confined_to``, the organization that created it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    verified_email = models.EmailField(blank=True, default="", db_default="")
    confined_to = models.ForeignKey(Organisation, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "account"

    def __str__(self) -> str:
        return self.email

    @property
    def is_verified(self) -> bool:
        return self.verified_email == self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def notice(self, disguise: Disguise) -> None:
        disguise.person(self.pk, None, self.read("name"))


class Role(models.TextChoices):
    """What a member may do. Recruiters and above see contact details."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    RECRUITER = "recruiter", "Recruiter"
    VIEWER = "viewer", "Viewer"

    @property
    def sees_contacts(self) -> bool:
        return self is not Role.VIEWER

    @property
    def sees_confidential(self) -> bool:
        """Whether this role sees confidential jobs and private talents. Others can be granted that right."""
        return self is Role.OWNER

    @property
    def sees_notes(self) -> bool:
        """Whether this role sees notes about people. Others can be granted that right."""
        return self is Role.OWNER

    @property
    def syncs(self) -> bool:
        """Whether this role may request a sync or a refetch."""
        return self is not Role.VIEWER

    @property
    def exports(self) -> bool:
        """Whether this role may download whole lists."""
        return self is not Role.VIEWER

    @property
    def manages(self) -> bool:
        return self in (Role.OWNER, Role.ADMIN)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def effective(self) -> MembershipQuerySet:
        """The memberships except those that wait until the person has proved their address."""
        proved = models.Q(account__verified_email=models.F("account__email"))
        return self.filter(proved | models.Q(account__confined_to=models.F("org")))


class Membership(models.Model):
    """A person's place in an organization. It gives access only while ``effective``.

    ``confidential`` grants access to confidential jobs and private talents if the role doesn't, ``notes`` access to
    notes about people.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="memberships")
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.RECRUITER)
    confidential = models.BooleanField(default=False, db_default=False)
    notes = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(fields=["account", "org"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} is {self.role} of {self.org_id}"

    @property
    def sees_confidential(self) -> bool:
        return self.confidential or Role(self.role).sees_confidential

    @property
    def sees_notes(self) -> bool:
        return self.notes or Role(self.role).sees_notes

    @property
    def is_effective(self) -> bool:
        return self.account.is_verified or self.account.confined_to_id == self.org_id


class Session(AbstractBaseSession):
    """A sign-in. ``session_key`` is a hash of the cookie's value; the data is encrypted with the cookie itself."""

    session_key = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="sessions")

    class Meta:
        db_table = "session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from jemmo.store.db.sessions import SessionStore  # noqa: PLC0415 - it imports this model

        return SessionStore
