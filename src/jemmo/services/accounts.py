"""Organisations, people, and who belongs where."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email, validate_slug
from django.db import transaction
from django.utils.text import slugify

from jemmo.domain.errors import ConfigError
from jemmo.store import scope
from jemmo.store.models import Account, Membership, Organisation, Role
from jemmo.store.scope import Scope

MAX_SLUG = 60  # characters


def organisation(slug: str) -> Organisation:
    """The organisation of that slug; raises ``ConfigError``."""
    try:
        return Organisation.objects.get(slug=slug)
    except Organisation.DoesNotExist:
        known = list(Organisation.objects.order_by("slug").values_list("slug", flat=True)[:10])
        raise ConfigError(
            f"There is no organisation {slug!r}.",
            code="unknown_organisation",
            next_step=f"Known: {', '.join(known)}."
            if known
            else "Connect an ATS to create it: `jemmo connect teamtailor --org NAME --key-stdin`.",
        ) from None


def ensure_organisation(slug: str, name: str | None = None) -> Organisation:
    """The organisation of that slug, made if new."""
    try:
        validate_slug(slug)
        MaxLengthValidator(MAX_SLUG)(slug)
    except ValidationError:
        raise ConfigError(
            f"{slug!r} cannot be an organisation's short name.",
            code="slug",
            next_step="Use letters, digits, hyphens and underscores, at most 60.",
        ) from None
    found, _ = Organisation.objects.get_or_create(
        slug=slug, defaults={"name": name or slug.replace("-", " ").title()}
    )
    return found


@transaction.atomic
def add_member(org: Organisation, email: str, role: str, password: str | None) -> Account:
    """Give a person a role in an organisation, making the account if new. Raises ``ConfigError``.

    Without a password the account cannot sign in until one is set by the reset page.
    """
    email = check_email(email)
    if role not in Role.values:
        raise ConfigError(
            f"{role!r} is not a role.",
            code="role",
            next_step=f"Choose one of: {', '.join(Role.values)}.",
        )
    account = Account.objects.filter(email=email).first()
    if account is None:
        account = Account.objects.create_user(email, password)
    elif password:
        account.set_password(password)
        account.save(update_fields=["password"])
    Membership.objects.update_or_create(account=account, org=org, defaults={"role": role})
    return account


def role_of(org: Organisation, email: str) -> Role:
    """What a person may do in an organisation; raises ``ConfigError`` for an outsider."""
    membership = Membership.objects.filter(org=org, account__email__iexact=email).first()
    if membership is None:
        raise ConfigError(
            "This person does not belong to the organisation.",
            code="not_a_member",
            next_step="`jemmo user add` makes somebody a member.",
        )
    return Role(membership.role)


def act_as(org: Organisation, email: str) -> Role:
    """See from here on what this member sees; raises ``ConfigError`` for an outsider."""
    role = role_of(org, email)
    scope.enter(Scope(org=org.id, contacts=role.sees_contacts))
    return role


def check_email(email: str) -> str:
    """The address as it is kept; raises ``ConfigError``."""
    try:
        validate_email(email)
    except ValidationError:
        raise ConfigError(
            "This is not an e-mail address.", code="email", next_step="Correct it and try again."
        ) from None
    return email.lower()


def any_account() -> bool:
    return Account.objects.exists()


@transaction.atomic
def first_owner(*, organisation: str, email: str, password: str) -> Account:
    """Make the organisation and the owner of a fresh installation."""
    slug = slugify(organisation)[:60] or "organisation"
    org = ensure_organisation(slug, organisation)
    return add_member(org, email, Role.OWNER, password)


def account(account_id: UUID | str) -> Account:
    return Account.objects.get(pk=account_id)


def rename(account: Account, name: str) -> None:
    account.name = name.strip()
    account.save(update_fields=["name"])
