"""Organizations, people, and memberships."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email, validate_slug
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import one_line
from jemmo.store.db import scope, sessions
from jemmo.store.db.scope import Scope
from jemmo.store.models import Account, Membership, Organisation, Role

MAX_SLUG = 60  # characters


def organisation(slug: str) -> Organisation:
    """Return the organization with this slug. Raises ``ConfigError``."""
    try:
        return Organisation.objects.get(slug=slug)
    except Organisation.DoesNotExist:
        known = list(Organisation.objects.order_by("slug").values_list("slug", flat=True)[:10])
        raise ConfigError(
            "unknown_organisation",
            variant="others" if known else "",
            slug=slug,
            organizations=", ".join(known),
        ) from None


def ensure_organisation(slug: str, name: str | None = None) -> Organisation:
    """Return the organization with this slug; create it if needed."""
    try:
        validate_slug(slug)
        MaxLengthValidator(MAX_SLUG)(slug)
    except ValidationError:
        raise ConfigError("slug", slug=slug) from None
    org, _ = Organisation.objects.get_or_create(
        slug=slug, defaults={"name": one_line(name or "") or slug.replace("-", " ").title()}
    )
    return org


@transaction.atomic
def add_member(
    org: Organisation,
    email: str,
    role: str,
    password: str | None,
    *,
    verified: bool = False,
    reset_password: bool = False,
    confidential: bool | None = None,
    notes: bool | None = None,
) -> Account:
    """Give a person a role in an organization; create the account if needed. Raises ``ConfigError``.

    ``confidential`` grants or revokes access to confidential jobs and private talents, ``notes`` access to notes about
    people; ``None`` leaves the right unchanged.

    With ``verified``, the operator confirms that the person owns the address. Otherwise, a new account works only in
    this organization until the address is proved, and an unproved account created for another organization gets no
    access here. An account without a password sets one on the reset page. If ``password`` differs from the account's
    existing password, the call fails unless ``reset_password`` is set.
    """
    email = check_email(email)
    if role not in Role.values:
        raise ConfigError("role", role=role, roles=", ".join(Role.values))
    account = Account.objects.filter(email=email).first()
    if account is None:
        account = Account.objects.create_user(email, password, confined_to=org)
        if verified:
            _mark_verified(account)
    elif verified and not account.is_verified:
        prove(account, password)
    elif password and (account.is_verified or account.confined_to_id == org.pk):
        _set_first_password(account, password, reset=reset_password)
    rights = {"confidential": confidential, "notes": notes}
    chosen = {name: has for name, has in rights.items() if has is not None}
    Membership.objects.update_or_create(account=account, org=org, defaults={"role": role} | chosen)
    return account


def _set_first_password(account: Account, password: str, *, reset: bool) -> None:
    if account.has_usable_password() and not account.check_password(password) and not reset:
        raise ConfigError("password_exists", email=account.email)
    if reset or not account.has_usable_password():
        set_password(account, password)


def has_access(account: Account, org: Organisation) -> bool:
    """Whether a member has access, rather than having to prove their address first."""
    return Membership.objects.effective().filter(account=account, org=org).exists()


def prove(account: Account, password: str | None) -> None:
    """Mark the address as proved and set this password. Earlier credentials stop working.

    The account may have been created by someone who does not own the address, so its password, second factors and
    sessions are removed.
    """
    if not account.is_verified:
        Authenticator.objects.filter(user=account).delete()
    set_password(account, password)
    _mark_verified(account)


def trust(account: Account) -> None:
    """Mark the address as proved, because the operator knows its owner. Existing sessions continue."""
    _mark_verified(account)


def _mark_verified(account: Account) -> None:
    account.verified_email = account.email
    account.save(update_fields=["verified_email"])


def set_password(account: Account, password: str | None) -> None:
    """Set or remove a password, and end every session of the account."""
    account.set_password(password)
    account.save(update_fields=["password"])
    sessions.end(account.pk)


def member(org: Organisation, email: str) -> Membership:
    """Return a person's membership. Raises ``ConfigError`` if they are not a member."""
    memberships = Membership.objects.effective().filter(org=org, account__email__iexact=email)
    membership = memberships.select_related("account").first()
    if membership is None:
        raise ConfigError("not_a_member")
    return membership


def act_as(org: Organisation, email: str) -> Role:
    """Apply this member's access rights from here on. Raises ``ConfigError`` if they are not a member."""
    membership = member(org, email)
    role = Role(membership.role)
    seen = Scope(
        org=org.id,
        contacts=role.sees_contacts,
        confidential=membership.sees_confidential,
        notes=membership.sees_notes,
    )
    scope.enter(seen)
    return role


def check_email(email: str) -> str:
    """Return the address as it is stored. Raises ``ConfigError``."""
    try:
        validate_email(email)
    except ValidationError:
        raise ConfigError("email") from None
    return email.lower()


def any_account() -> bool:
    return Account.objects.exists()


@transaction.atomic
def first_owner(*, organisation: str, email: str, password: str) -> Account:
    """Create the organization and the owner of a fresh installation."""
    slug = slugify(organisation)[:60] or "organisation"
    # An existing organization may already have data, which a new owner must never get.
    if Organisation.objects.filter(slug=slug).exists():
        raise ConfigError("organisation_exists", slug=slug)
    org = ensure_organisation(slug, organisation)
    return add_member(org, email, Role.OWNER, password)


def ensure_support(email: str, password: str) -> Account:
    """Create a support account, which belongs to no organization. An existing account stays unchanged."""
    account = Account.objects.filter(email=check_email(email)).first()
    return account or Account.objects.create_superuser(email, password)


def account(account_id: UUID | str) -> Account:
    return Account.objects.get(pk=account_id)


def account_of(email: str) -> Account:
    """Return the account with this address. Raises ``ConfigError``."""
    account = Account.objects.filter(email=check_email(email)).first()
    if account is None:
        raise ConfigError("unknown_account")
    return account


def change_email(account: Account, *, before: str, email: str) -> bool:
    """Change an account's address once its owner has proved the new one.

    ``False`` if the new address is taken, or if the old one has changed in the meantime.
    """
    taken = Account.objects.filter(email=email).exists()
    unchanged = Account.objects.filter(pk=account.pk, email=before, verified_email=before)
    try:
        with transaction.atomic():
            return not taken and bool(unchanged.update(email=email, verified_email=email))
    except IntegrityError:  # someone else has just taken the address
        return False


def rename(account: Account, name: str) -> None:
    account.name = one_line(name)
    account.save(update_fields=["name"])


def delete(account: Account) -> None:
    """Delete an account with its own data. Shared data stays, without the person's name."""
    account.delete()


def note_language(account: Account, language: str) -> None:
    """Remember the language of the last sign-in, used for e-mails to this person."""
    Account.objects.filter(pk=account.pk).exclude(language=language).update(language=language)
