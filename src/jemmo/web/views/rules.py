"""What the organisation leaves out of Jemmo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from jemmo.domain.errors import JemmoError
from jemmo.services import rules as service
from jemmo.web.access import MemberRequest, manager
from jemmo.web.connection_forms import Rules
from jemmo.web.problems import problem


@manager
def rules(request: MemberRequest) -> HttpResponse:
    org = request.organisation
    now = service.of(org)
    filled = {one.value: not getattr(now, name) for one, name in service.SETTING.items()}
    form = Rules(
        service.counts(org),
        request.POST or None,
        initial={**filled, "seen": service.seen_as(org)},
    )
    shown = {"form": form, "section": "settings", "settings_page": "ats"}
    if request.method == "POST" and form.is_valid():
        try:
            changed = service.change(org, form.leaves_out(), seen=form.cleaned_data["seen"])
        except JemmoError as error:
            shown["problem"] = problem(error)
        else:
            said = ngettext(
                "Saved: %(n)s record appeared or vanished.",
                "Saved: %(n)s records appeared or vanished.",
                changed,
            )
            messages.success(request, said % {"n": f"{changed:,}"})
            return redirect("ats_rules")
    return render(request, "web/ats_rules.html", shown)
