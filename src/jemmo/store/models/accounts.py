"""Who uses Jemmo: organisations, accounts, and what a member may do."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from jemmo.domain.masking import Disguise
from jemmo.store.noticing import Noticed


class Organisation(Noticed):
    """A company that uses Jemmo.

    ``rules`` are ``jemmo.domain.rules.Rules`` as JSON, defaults left out; ``schedule`` is
    ``jemmo.domain.schedule.Plan`` likewise, less the time zone; ``privacy`` are ``jemmo.domain.retention.Retention``.
    ``deleted_at`` is when all of it will be deleted; until then that can be undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="Europe/Paris")
    rules = models.JSONField(default=dict, db_default={}, blank=True)
    schedule = models.JSONField(default=dict, db_default={}, blank=True)
    privacy = models.JSONField(default=dict, db_default={}, blank=True)
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
            raise ValueError("An account needs an e-mail address.")
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Account:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email__iexact=username)


class Account(Noticed, AbstractBaseUser, PermissionsMixin):
    """A person who signs in, by e-mail. May belong to several organisations."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
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

    def get_full_name(self) -> str:
        return self.name or self.email

    def notice(self, disguise: Disguise) -> None:
        disguise.person(self.pk, None, self.read("name"))


class Role(models.TextChoices):
    """What a member may do; contact details are for recruiters and above."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    RECRUITER = "recruiter", "Recruiter"
    VIEWER = "viewer", "Viewer"

    @property
    def sees_contacts(self) -> bool:
        return self is not Role.VIEWER

    @property
    def manages(self) -> bool:
        return self in (Role.OWNER, Role.ADMIN)


class Membership(models.Model):
    account = models.ForeignKey(Account, models.CASCADE, related_name="memberships")
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.RECRUITER)
    created_at = models.DateTimeField(auto_now_add=True)

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
