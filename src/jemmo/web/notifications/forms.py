"""Forms of support and of notification settings."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from jemmo.files.pictures import LARGEST, NoPicture, Picture, picture
from jemmo.web.frame.forms import Form

NO_PICTURE = _("The file must be a PNG or JPEG image no larger than 900 kB.")


class AskSupport(Form):
    body = forms.CharField(
        label=_("Your message"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Please don't include candidates' names."),
    )
    attach = forms.BooleanField(label=_("Attach this information"), required=False, initial=True)
    error = forms.CharField(required=False, max_length=10_000)
    steps = forms.CharField(required=False, max_length=10_000)
    picture = forms.FileField(
        label=_("Screenshot"),
        required=False,
        allow_empty_file=True,
        help_text=_(
            "PNG or JPEG, up to 900 kB. Screenshot mode is on. Keep it on while you take the screenshot."
        ),
        widget=forms.FileInput(
            attrs={
                "accept": "image/png,image/jpeg",
                "data-largest": LARGEST,
                "data-too-large": NO_PICTURE,
            }
        ),
    )

    def clean_picture(self) -> Picture | None:
        """Return the picture without the file's metadata."""
        upload = self.cleaned_data["picture"]
        if upload is None:
            return None
        try:
            return picture(upload.read())
        except NoPicture:
            raise forms.ValidationError(NO_PICTURE) from None


SENT_WHEN = [
    ("never", _("Never")),
    ("trouble", _("When syncs fail or start working again")),
    ("all", _("For every notification")),
]


class MemberNoticesForm(Form):
    email_when = forms.ChoiceField(label=_("Email me"), choices=SENT_WHEN)
    toasts = forms.BooleanField(
        label=_("Show new notifications on the page I have open"), required=False
    )


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
            "From Slack, Mattermost, or a similar tool. Jemmo stores the URL in encrypted form and won't show it again."
        ),
    )
    forget_chat = forms.BooleanField(label=_("Remove the current URL"), required=False)
