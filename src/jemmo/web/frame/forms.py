"""The base of every form, and a form that confirms what cannot be undone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext


class Form(forms.Form):
    """Labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class TypedConfirmation(Form):
    """``name`` is typed as confirmation."""

    name = forms.CharField(
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].label = gettext("To confirm, type: %(name)s") % {"name": expected}

    def clean_name(self) -> str:
        typed = " ".join(str(self.cleaned_data["name"]).split())
        if typed.casefold() != " ".join(self.expected.split()).casefold():
            raise forms.ValidationError(gettext("The name doesn't match."))
        return typed
