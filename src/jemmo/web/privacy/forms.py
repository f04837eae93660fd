"""The forms under Settings > Privacy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jemmo.domain.retention import Counts, Retention
from jemmo.web.frame.forms import Form

COUNTS = [
    (Counts.UPDATE.value, pgettext_lazy("sign", "Any change to the person's record in the ATS")),
    (Counts.STEP.value, pgettext_lazy("sign", "An application or a stage change")),
    (Counts.APPLICATION.value, pgettext_lazy("sign", "Only a new application")),
]


class FindPerson(Form):
    """Sent by POST, so that the person's name is in no URL and no log."""

    who = forms.CharField(
        label=_("Name, email address, phone number, or ATS ID"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _months(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, min_value=1, max_value=240
    )


class RetentionForm(Form):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    idle_months = _months(
        _("Erase a person's data after this many months of inactivity"),
        _("Leave empty to keep the data."),
    )
    counts = forms.ChoiceField(label=_("What counts as activity"), choices=COUNTS)
    rejected_months = _months(
        _("Erase a person's data this many months after all their applications were rejected"),
        _("Leave empty to keep the data."),
    )
    consent_ended = forms.BooleanField(
        label=_("Erase the data of people whose consent expired, was withdrawn, or was refused"),
        help_text=_("This rule doesn't apply to people with an application in progress."),
        required=False,
    )
    deleted_days = forms.IntegerField(
        label=_("After this many days, permanently remove people who were deleted in the ATS"),
        help_text=_(
            "People deleted in the ATS are hidden immediately. Until they are permanently "
            "removed, a mistaken deletion can be undone in the ATS."
        ),
        min_value=1,
        max_value=365,
    )
    access_months = forms.IntegerField(
        label=_("Keep the access log for this many months"), min_value=1, max_value=120
    )

    @classmethod
    def filled(cls, wishes: Retention, seen: str) -> RetentionForm:
        initial = {name: getattr(wishes, name) for name in RULES}
        return cls(initial={**initial, "counts": wishes.counts.value, "seen": seen})

    def rules(self) -> dict[str, Any]:
        cleaned = {name: self.cleaned_data[name] for name in RULES}
        return {**cleaned, "counts": Counts(cleaned["counts"])}


RULES = (
    *("idle_months", "counts", "rejected_months", "consent_ended"),
    *("deleted_days", "access_months"),
)


class NotToContact(Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Your colleagues can read this reason. The reason is stored with the person's "
            "record and included in the person's export."
        ),
    )
