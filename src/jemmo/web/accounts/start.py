"""The start page: the first owner, and people without an organization."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static

from jemmo.domain.errors import ConfigError
from jemmo.services.accounts import accounts, organization_deletion
from jemmo.web.accounts.adapters import BACKEND
from jemmo.web.accounts.forms import FirstOwner
from jemmo.web.frame.problems import localized_error


def home(request: HttpRequest) -> HttpResponse:
    return redirect("jobs" if accounts.any_account() else "first_owner")


def favicon(request: HttpRequest) -> HttpResponse:
    """Serve the icon for pages that don't link it, such as the admin's."""
    return redirect(static("web/icon.svg"))


def first_owner(request: HttpRequest) -> HttpResponse:
    """On a fresh installation, the first visitor creates the organization and owns it."""
    if accounts.any_account():
        raise Http404
    form = FirstOwner(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            owner = accounts.first_owner(**form.cleaned_data)
        except ConfigError as error:
            form.add_error("organisation", localized_error(error.as_record())["message"])
        else:
            login(request, owner, backend=BACKEND)
            return redirect("ats")
    return render(request, "accounts/first_owner.html", {"form": form})


@login_required
def no_organisation(request: HttpRequest) -> HttpResponse:
    if getattr(request, "membership", None) is not None:
        return redirect("jobs")
    if request.user.is_staff:
        return redirect("admin:index")
    shown = {"deleted": organization_deletion.certificates(request.user)}  # type: ignore[arg-type]
    return render(request, "accounts/no_organisation.html", shown)
