"""The base of every form."""

from __future__ import annotations

from typing import Any

from django import forms


class Form(forms.Form):
    """Labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
