"""Creates a row in every table for an organization, so that access tests automatically cover new tables."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.fields import NOT_PROVIDED

from jemmo.store.db.policies import POLICIES

Rows = dict[str, models.Model]
"""Rows by table name."""


def one_of_each(name: str) -> Rows:
    """Create a new organization with one row in each table that has a policy; no row is shared with another one."""
    rows: Rows = {}
    waiting = [
        model
        for model in [*apps.get_app_config("store").get_models(), *_OF_ALLAUTH]
        if model._meta.db_table in POLICIES
    ]
    while waiting:
        ready = [one for one in waiting if not _lacks(one, rows)]
        assert ready, f"nothing can be made of {waiting}"
        for model in ready:
            rows[model._meta.db_table] = _made(model, rows, name)
            waiting.remove(model)
    return rows


_OF_ALLAUTH = (EmailAddress, EmailConfirmation, Authenticator)


def _lacks(model: type[models.Model], rows: Rows) -> bool:
    return any(
        field.related_model._meta.db_table not in rows
        for field in _fields(model)
        if isinstance(field, models.ForeignKey) and field.related_model is not model
    )


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return list(model._meta.concrete_fields)


def _made(model: type[models.Model], rows: Rows, name: str) -> models.Model:
    values: dict[str, Any] = dict(_allowed(model))
    for field in _fields(model):
        if isinstance(field, models.ForeignKey):
            if field.related_model is not model:
                values[field.name] = rows[field.related_model._meta.db_table]
        elif field.name not in values and _must_be_given(field):
            values[field.name] = _value(field, name)
    return model._base_manager.create(**values)


def _allowed(model: type[models.Model]) -> Iterator[tuple[str, Any]]:
    """Yield the first allowed value of each field whose values a check constraint lists."""
    for one in model._meta.constraints:
        if isinstance(one, models.CheckConstraint) and isinstance(one.condition, models.Q):
            for child in one.condition.children:
                if isinstance(child, tuple) and str(child[0]).endswith("__in"):
                    yield str(child[0]).removesuffix("__in"), next(iter(child[1]))


def _must_be_given(field: models.Field[Any, Any]) -> bool:
    return (
        not isinstance(field, (models.AutoField, models.BigAutoField))
        and field.default is NOT_PROVIDED
        and field.db_default is NOT_PROVIDED
    )


def _value(field: models.Field[Any, Any], name: str) -> Any:
    if field.choices:
        return next(iter(field.choices))[0]
    if isinstance(field, models.EmailField):
        return f"{name}-{secrets.token_hex(4)}@example.com"
    if isinstance(field, (models.CharField, models.TextField)):
        return f"{name}-{secrets.token_hex(4)}"[: field.max_length]
    return next(make() for kind, make in _VALUES if isinstance(field, kind))


_VALUES: tuple[tuple[type[models.Field[Any, Any]], Callable[[], Any]], ...] = (
    (SearchVectorField, lambda: None),
    (ArrayField, list),
    (models.JSONField, dict),
    (models.BinaryField, lambda: secrets.token_bytes(16)),
    (models.UUIDField, uuid4),
    (models.BooleanField, bool),
    (models.DateTimeField, lambda: datetime.now(UTC)),
    (models.DateField, lambda: datetime.now(UTC).date()),
    (models.FloatField, lambda: 1.0),
    (models.IntegerField, lambda: 1),
)
