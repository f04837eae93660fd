"""When an organization's syncs start automatically."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jemmo.domain.errors import ConfigError
from jemmo.domain.schedule import FirstSync, Plan
from jemmo.services.sync import schedule as service
from jemmo.web.connections.schedule_forms import Times, windows_form, windows_of
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem


@manager
def schedule(request: MemberRequest) -> HttpResponse:
    org = request.organisation
    plan = service.plan_of(org)
    planned = service.planned(org, datetime.now(UTC))
    data = request.POST or None
    times = Times(
        [start.connection for start in planned],
        data,
        initial={
            "time_zone": plan.time_zone,
            "first_sync": plan.first_sync.value,
            "seen": service.schedule_fingerprint(org),
        },
    )
    quiet = windows_form("quiet", data, plan.quiet)
    off_peak = windows_form("off_peak", data, plan.off_peak)
    shown = {
        "times": times,
        "quiet": quiet,
        "off_peak": off_peak,
        "planned": planned,
        "section": "settings",
        "settings_page": "schedule",
    }
    if request.method == "POST" and times.is_valid() and quiet.is_valid() and off_peak.is_valid():
        new_plan = Plan(
            time_zone=times.cleaned_data["time_zone"],
            first_sync=FirstSync(times.cleaned_data["first_sync"]),
            quiet=windows_of(quiet),
            off_peak=windows_of(off_peak) or Plan().off_peak,
        )
        try:
            service.set_schedule(org, new_plan, times.hours(), seen=times.cleaned_data["seen"])
        except ConfigError as error:
            shown["problem"] = problem(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("schedule")
    return render(request, "connections/schedule.html", shown)
