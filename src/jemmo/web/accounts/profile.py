"""Settings > My account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from jemmo.services.accounts import accounts
from jemmo.web.accounts.forms import Profile


@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    account = accounts.account(str(request.user.pk))
    form = Profile(request.POST or None, initial={"name": account.name})
    if request.method == "POST" and form.is_valid():
        accounts.rename(account, form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(
        request,
        "accounts/profile.html",
        {"form": form, "section": "settings", "settings_page": "profile"},
    )
