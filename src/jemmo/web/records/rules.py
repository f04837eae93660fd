"""The rules that exclude the organization's records."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from jemmo.domain.errors import JemmoError
from jemmo.services.records import rules as service
from jemmo.web.connections.forms import Rules
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem


@manager
def rules(request: MemberRequest) -> HttpResponse:
    """With a posted ``preview``, show what would change without changing anything."""
    org = request.organisation
    now = service.rules_of(org)
    filled = {rule.value: not getattr(now, name) for rule, name in service.SETTING.items()}
    form = Rules(
        service.counts(org),
        request.POST or None,
        initial={**filled, "hired_days": now.hired_days, "seen": service.rules_fingerprint(org)},
    )
    shown = {
        "form": form,
        "section": "settings",
        "settings_page": "ats",
        "frozen": service.has_disconnected(org),
    }
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["hired_days"]
        if "preview" in request.POST:
            shown["preview"] = service.preview(org, service.changed(org, form.excludes(), days))
            return render(request, "records/rules.html", shown)
        try:
            changed = service.change(
                org, form.excludes(), hired_days=days, seen=form.cleaned_data["seen"]
            )
        except JemmoError as error:
            shown["problem"] = problem(error)
        else:
            message = ngettext(
                "Saved. This change made %(n)s record appear or disappear.",
                "Saved. This change made %(n)s records appear or disappear.",
                changed,
            )
            messages.success(request, message % {"n": f"{changed:,}"})
            return redirect("ats_rules")
    return render(request, "records/rules.html", shown)
