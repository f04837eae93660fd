"""The forms for a connection. The fields of an ATS come from its connector's declaration."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from jemmo.domain.rules import MAX_HIRED_DAYS, RULES, Exclusion
from jemmo.web.connections.attempts import ADDRESS, OPTIONS
from jemmo.web.frame.forms import Form, TypedConfirmation
from jemmo.web.frame.labels import label_for
from jemmo.web.frame.problems import in_words

PREFIX = "option_"
LONGEST = 4000


def _key_field(label: Any) -> forms.CharField:
    """Build the key's field, which neither we nor the browser ever fill in again."""
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


class _WithOptions(Form):
    """A form with a field for each connector option that people can set.

    ``hides_ok`` is required if a shorter history would hide visible records.
    """

    hides_ok = forms.BooleanField(label=_("Hide these records"), required=False)

    def __init__(self, connector: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector = connector
        self.settable = [option for option in connector.options if not option.own]
        for option in self.settable:
            self.fields[PREFIX + option.name] = _option_field(option)

    def options(self) -> dict[str, str]:
        """The options that differ from their default, and those whose empty value has a meaning."""
        options = {}
        for option in self.settable:
            typed = self.cleaned_data[PREFIX + option.name]
            value = "" if typed is None else str(typed)
            if value != option.default or option.may_be_blank:
                options[option.name] = value
        return options

    def asked(self) -> list[Any]:
        """The fields at the top."""
        return [self[PREFIX + option.name] for option in self.settable if option.asked]

    def further(self) -> list[Any]:
        return [self[PREFIX + option.name] for option in self.settable if not option.asked]

    unfolded = False

    def further_wrong(self) -> bool:
        """Whether a collapsed field has an error, or may have one."""
        return self.unfolded or any(field.errors for field in self.further())


def _option_field(option: Any) -> forms.Field:
    common: dict[str, Any] = {
        "label": gettext(option.label),
        "help_text": gettext(option.help),
        "initial": option.default,
        "required": option.required,
    }
    if option.choices:
        choices = [(choice, label_for(choice, "choice")) for choice in option.choices]
        return forms.ChoiceField(**{**common, "required": True}, choices=choices)
    if option.at_least is not None:
        return forms.IntegerField(
            **{**common, "required": not option.may_be_blank},
            min_value=option.at_least,
            max_value=option.at_most,
        )
    return forms.CharField(**common, max_length=LONGEST)


class Connect(_WithOptions):
    new_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    key = _key_field(_("API key"))
    label = forms.CharField(
        label=_("Connection name"),
        max_length=200,
        required=False,
        help_text=_("Shown only in Jemmo, to help you tell your connections apart."),
    )
    base_url = forms.CharField(
        label=_("Custom address"),
        max_length=500,
        required=False,
        help_text=_(
            "Leave this field empty unless the ATS's support team tells you to fill it in."
        ),
    )

    def further(self) -> list[Any]:
        return [self["base_url"], *super().further()]

    def point_at(self, code: str) -> None:
        """Show the fields that may be wrong, and mark the address if it is."""
        self.unfolded = code in ADDRESS | OPTIONS
        if code in ADDRESS and self.cleaned_data["base_url"]:
            self.add_error("base_url", in_words(code).message)


class Edit(_WithOptions):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    label = forms.CharField(label=_("Connection name"), max_length=200, required=False)
    sync_every_hours = forms.FloatField(
        label=_("Hours between syncs"), min_value=0.25, max_value=168
    )


class Key(Form):
    """With ``names_address``, the ATS's address is typed too, since no key proves it."""

    key = _key_field(_("New API key"))

    def __init__(self, *args: Any, has_key: bool, names_address: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_key:
            self.fields["key"].label = _("API key")
        if names_address:
            self.fields["address"] = forms.CharField(label=_("ATS address"), max_length=500)


class SigningKey(Form):
    key = _key_field(_("Signature key"))


class Replay(Form):
    """How far back stored webhooks are replayed."""

    hours = forms.ChoiceField(
        label=_("Time received"),
        choices=[
            ("1", _("last hour")),
            ("24", _("last 24 hours")),
            ("168", _("last 7 days")),
        ],
        initial="24",
    )


class Disconnect(TypedConfirmation):
    fate = forms.ChoiceField(
        label=_("Synced records"),
        choices=[
            ("keep", _("Keep this connection's jobs and talents in Jemmo as they are")),
            ("delete", _("Permanently delete this connection's jobs and talents")),
        ],
        widget=forms.RadioSelect,
        initial="keep",
    )
    field_order = ("fate", "name")


class Rules(Form):
    """A checkbox for each rule. A checked rule excludes records."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    hired_days = forms.IntegerField(
        label=_("How long a hire counts as active, in days"),
        min_value=0,
        max_value=MAX_HIRED_DAYS,
        help_text=_(
            "A hired talent stays in Jemmo for this long, as if the application were still active. "
            "Enter 0 if hires should not count as active."
        ),
    )
    field_order = ("seen", *(exclusion.value for exclusion in RULES), "hired_days")

    def __init__(self, counts: dict[Exclusion, int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for exclusion in RULES:
            self.fields[exclusion.value] = forms.BooleanField(
                label=label_for(exclusion, "rule"),
                required=False,
                help_text=ngettext(
                    "%(n)s record stored in Jemmo matches this rule.",
                    "%(n)s records stored in Jemmo match this rule.",
                    counts[exclusion],
                )
                % {"n": f"{counts[exclusion]:,}"},
            )
        self.order_fields(self.field_order)

    def excludes(self) -> set[Exclusion]:
        return {rule for rule in RULES if self.cleaned_data[rule.value]}
