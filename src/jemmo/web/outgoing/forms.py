"""The form of an endpoint."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from jemmo.domain.outgoing import Event
from jemmo.services.outgoing.endpoints import Choice
from jemmo.store.connections.connections import connection_choices
from jemmo.store.feed.entities import FOR_ALL
from jemmo.store.models import Organisation
from jemmo.web.frame.forms import Form
from jemmo.web.frame.labels import label_for

LONGEST_FIELDS = 5000  # characters; all fields together have fewer


class EndpointForm(Form):
    """Lets people choose connections only if there are several."""

    name = forms.CharField(
        label=_("Program"),
        max_length=100,
        help_text=_("The name of the program that receives the webhooks, such as “Career site”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    url = forms.CharField(
        label=_("URL"),
        max_length=1000,
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )
    entities = forms.MultipleChoiceField(
        label=_("Only these types of records"),
        required=False,
        help_text=_("To receive everything, don't select anything here."),
        widget=forms.CheckboxSelectMultiple,
    )
    connections = forms.MultipleChoiceField(
        label=_("Only these connections"),
        required=False,
        help_text=_("To receive everything, don't select anything here."),
        widget=forms.CheckboxSelectMultiple,
    )

    update_fields = forms.CharField(
        label=_("Only updates of these fields"),
        required=False,
        max_length=LONGEST_FIELDS,
        help_text=_(
            "Fields in the form type.field, separated by spaces, such as “jobs.title "
            "applications.stage”. Other updates to records of these types are not sent. To "
            "receive every update, leave this field empty."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, org: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose(
            "events", [(str(event), label_for(event, "outgoing_event")) for event in Event]
        )
        self._choose("entities", [(name, label_for(name, "stream")) for name in FOR_ALL])
        connections = connection_choices(org)
        self._choose("connections", [(str(key), name) for key, name in connections])
        if not connections:
            del self.fields["connections"]

    def _choose(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    @property
    def choice(self) -> Choice:
        """The validated input."""
        cleaned = self.cleaned_data
        return Choice(
            name=cleaned["name"],
            url=cleaned["url"].strip(),
            events=cleaned["events"],
            entities=cleaned["entities"],
            connections=[UUID(key) for key in cleaned.get("connections", ())],
            update_fields=cleaned["update_fields"].replace(",", " ").split(),
        )
