"""What people type in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from jemmo.domain.tokens import ApiScope
from jemmo.files.pictures import LARGEST, NoPicture, Picture, picture
from jemmo.store.models import Account
from jemmo.web.frame.labels import label_for


class Form(forms.Form):
    """Labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class FirstOwner(Form):
    organisation = forms.CharField(label=_("Organization"), max_length=200)
    email = forms.EmailField(label=_("Your e-mail address"))
    password = forms.CharField(
        label=_("A password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, not a common one."),
    )

    def clean_password(self) -> Any:
        password = self.cleaned_data["password"]
        validate_password(password)
        return password


class NewAccount(Form):
    """Who joins by an invitation without having an account."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("A password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, not a common one."),
    )

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
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), initial="recruiter")

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role, label_for(role, "role")) for role in roles]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class ApiTokenForm(Form):
    """``confidential``: whether its maker sees confidential records, and may let a program see them."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=100,
        help_text=_("The program that uses it, such as “Data warehouse”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It can also read"),
        required=False,
        help_text=_("Every token can read records, without contact details."),
        widget=forms.CheckboxSelectMultiple,
    )
    expires = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Leave it empty for a token that works until you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, confidential: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [ApiScope.CONTACTS, *([ApiScope.CONFIDENTIAL] if confidential else [])]
        choices = [(scope.value, label_for(scope.value, "api_scope")) for scope in scopes]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]

    def clean_expires(self) -> date | None:
        last_day: date | None = self.cleaned_data["expires"]
        if last_day is not None and last_day < datetime.now(UTC).date():
            raise forms.ValidationError(_("Choose today or a later day."))
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
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not self.account.is_verified:
            raise forms.ValidationError(_("Confirm your present address first."))
        if email == self.account.email:
            raise forms.ValidationError(_("This is your present address."))
        return email


NO_PICTURE = _("This is not a PNG or JPEG picture of at most 900 kB.")


class AskSupport(Form):
    body = forms.CharField(
        label=_("Your message"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Please don't name candidates."),
    )
    attach = forms.BooleanField(label=_("Attach this information"), required=False, initial=True)
    error = forms.CharField(required=False, max_length=10_000)
    steps = forms.CharField(required=False, max_length=10_000)
    picture = forms.FileField(
        label=_("Screenshot"),
        required=False,
        allow_empty_file=True,
        help_text=_("PNG or JPEG, at most 900 kB. Take it in screenshot mode, as now."),
        widget=forms.FileInput(
            attrs={
                "accept": "image/png,image/jpeg",
                "data-largest": LARGEST,
                "data-too-large": NO_PICTURE,
            }
        ),
    )

    def clean_picture(self) -> Picture | None:
        """The picture without what the file says besides."""
        upload = self.cleaned_data["picture"]
        if upload is None:
            return None
        try:
            return picture(upload.read())
        except NoPicture:
            raise forms.ValidationError(NO_PICTURE) from None


SENT_WHEN = [
    ("never", _("Never")),
    ("trouble", _("When a sync fails or recovers")),
    ("all", _("Every notification")),
]


class MemberNoticesForm(Form):
    email_when = forms.ChoiceField(label=_("E-mail me"), choices=SENT_WHEN)
    toasts = forms.BooleanField(label=_("Show new notifications on the open page"), required=False)


class OrganisationNoticesForm(Form):
    every_success = forms.BooleanField(
        label=_("Notify me of every successful sync"), required=False
    )
    chat_when = forms.ChoiceField(label=_("Chat messages"), choices=SENT_WHEN)
    chat_url = forms.CharField(
        label=_("Incoming webhook URL"),
        required=False,
        max_length=1000,
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text=_(
            "From Slack, Mattermost or similar. It is stored encrypted and not shown again."
        ),
    )
    forget_chat = forms.BooleanField(label=_("Remove the current URL"), required=False)
