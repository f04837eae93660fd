"""Forms of accounts, members and API tokens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from jemmo.domain.tokens import ApiScope
from jemmo.store.connections.connections import connection_choices
from jemmo.store.models import Account, Membership
from jemmo.web.frame.forms import Form
from jemmo.web.frame.labels import label_for


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("Choose a password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters. Avoid common passwords."),
    )


class FirstOwner(Form):
    organisation = forms.CharField(label=_("Organization"), max_length=200)
    email = forms.EmailField(label=_("Your email address"))
    password = _new_password()

    def clean_password(self) -> Any:
        password = self.cleaned_data["password"]
        validate_password(password)
        return password


class NewAccount(Form):
    """The form for an invited person without an account."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = _new_password()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], Account(email=self.email, **_named(cleaned)))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


def _named(cleaned: dict[str, Any]) -> dict[str, Any]:
    return {"name": cleaned["name"]} if "name" in cleaned else {}


class InviteMember(Form):
    email = forms.EmailField(
        label=_("Email address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), initial="recruiter")

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role, label_for(role, "role")) for role in roles]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class ApiTokenForm(Form):
    """``maker`` may grant a program access to confidential records and notes only with the same access."""

    name = forms.CharField(
        label=_("Program"),
        max_length=100,
        help_text=_("The name of the program that uses the token, such as “Data warehouse”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Additional access"),
        required=False,
        help_text=_("Every token can read records, but not contact details."),
        widget=forms.CheckboxSelectMultiple,
    )
    connection = forms.TypedChoiceField(
        label=_("Connection"),
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text=_(
            "You can't change the connection later. To use a different connection, create "
            "another token."
        ),
    )
    expires = forms.DateField(
        label=_("Expiration date"),
        required=False,
        help_text=_("Leave empty if you want the token to work until you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, maker: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may = {ApiScope.CONFIDENTIAL: maker.sees_confidential, ApiScope.NOTES: maker.sees_notes}
        scopes = [
            *(ApiScope.CONTACTS, ApiScope.FILES),
            *(scope for scope, has in may.items() if has),
            *(ApiScope.PRIVACY, ApiScope.ADMIN),
        ]
        choices = [(scope.value, label_for(scope.value, "api_scope")) for scope in scopes]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        self.connections = connection_choices(maker.org)
        named = [(str(key), name) for key, name in self.connections]
        offered = [("", _("All connections")), *named]
        self.fields["connection"].choices = offered  # type: ignore[attr-defined]
        if not self.connections:
            del self.fields["connection"]

    def clean_expires(self) -> date | None:
        last_day: date | None = self.cleaned_data["expires"]
        if last_day is not None and last_day < datetime.now(UTC).date():
            raise forms.ValidationError(_("Choose today or a later date."))
        return last_day


class Profile(Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class NewAddress(Form):
    email = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not self.account.is_verified:
            raise forms.ValidationError(_("Confirm your current address first."))
        if email == self.account.email:
            raise forms.ValidationError(_("This is your current address."))
        return email
