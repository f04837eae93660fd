"""What people type in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _


class FirstOwner(forms.Form):
    organisation = forms.CharField(label=_("Organisation"), max_length=200)
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


SENT_WHEN = [
    ("never", _("Never")),
    ("trouble", _("When a sync fails, and when it works again")),
    ("all", _("Every notification")),
]


class MemberNoticesForm(forms.Form):
    email_when = forms.ChoiceField(label=_("E-mail to me"), choices=SENT_WHEN)
    toasts = forms.BooleanField(label=_("Show new ones on the open page"), required=False)


class OrganisationNoticesForm(forms.Form):
    every_success = forms.BooleanField(
        label=_("Notify of every sync that succeeds"), required=False
    )
    chat_when = forms.ChoiceField(label=_("Messages to the chat"), choices=SENT_WHEN)
    chat_url = forms.CharField(
        label=_("Address of the chat's incoming webhook"),
        required=False,
        max_length=1000,
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text=_("From Slack, Mattermost or alike. It is kept encrypted and not shown again."),
    )
    forget_chat = forms.BooleanField(label=_("Forget the present address"), required=False)
