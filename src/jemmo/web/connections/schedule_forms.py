"""Forms for the schedule of automatic syncs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from jemmo.domain.schedule import FirstSync, Window
from jemmo.store.models import Connection
from jemmo.web.frame.forms import Form

HOURS = "hours_"
MOST_WINDOWS = 14
WEEKDAYS = [
    (0, _("Mon")),
    (1, _("Tue")),
    (2, _("Wed")),
    (3, _("Thu")),
    (4, _("Fri")),
    (5, _("Sat")),
    (6, _("Sun")),
]


def zones() -> list[Any]:
    """The time zones known to this machine, by continent."""
    known = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    names = [
        zone for zone in known if not zone.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    ]
    groups = groupby(names, key=lambda zone: zone.partition("/")[0])
    return [
        (region, [(zone, zone.partition("/")[2].replace("_", " ") or zone) for zone in group])
        for region, group in groups
    ]


class Times(Form):
    """When syncs start, and each connection's interval in hours."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    first_sync = forms.ChoiceField(
        label=_("Start a new connection's first sync"),
        choices=[
            (FirstSync.NOW.value, _("Immediately")),
            (FirstSync.TONIGHT.value, _("During off-peak hours")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, connections: Iterable[Connection], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for connection in connections:
            self.fields[f"{HOURS}{connection.id}"] = forms.FloatField(
                label=connection.display_name,
                min_value=0.25,
                max_value=168,
                initial=f"{connection.sync_every_hours:g}",
                widget=forms.NumberInput(attrs={"step": "0.25"}),
            )

    def intervals(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith(HOURS)]

    def hours(self) -> dict[UUID, float]:
        return {
            UUID(name.removeprefix(HOURS)): float(value)
            for name, value in self.cleaned_data.items()
            if name.startswith(HOURS)
        }


class Hours(Form):
    """A time of the week. An empty one is ignored, which is how a window is removed."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.TimeField(
        label=_("From"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    end = forms.TimeField(
        label=_("To"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if not cleaned["days"] and not cleaned["start"] and not cleaned["end"]:
            return cleaned
        if cleaned["start"] is None or cleaned["end"] is None:
            raise forms.ValidationError(_("Enter both times, or leave the line empty."))
        if not cleaned["days"]:
            raise forms.ValidationError(_("Choose a day, or leave the line empty."))
        return cleaned

    def window(self) -> Window | None:
        cleaned = self.cleaned_data
        if not cleaned.get("days") or cleaned.get("start") is None:
            return None
        return Window(
            days=tuple(sorted(cleaned["days"])),
            start=cleaned["start"].replace(second=0, microsecond=0),
            end=cleaned["end"].replace(second=0, microsecond=0),
        )


def windows_form(name: str, data: Any, windows: Iterable[Window]) -> Any:
    """A row for each window, plus an empty one."""
    made = forms.formset_factory(
        Hours, extra=1, max_num=MOST_WINDOWS, absolute_max=MOST_WINDOWS, validate_max=True
    )
    initial = [
        {"days": window.days, "start": window.start, "end": window.end} for window in windows
    ]
    return made(data, prefix=name, initial=initial)


def windows_of(lines: Any) -> tuple[Window, ...]:
    """The windows that were filled in."""
    windows = [line.window() for line in lines]
    return tuple(window for window in windows if window is not None)
