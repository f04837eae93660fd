"""Requesting a new password."""

from __future__ import annotations

from allauth.account.views import PasswordResetView
from django.http import HttpResponse

from jemmo.web.accounts import sign_in
from jemmo.web.accounts.adapters import AskForReset
from jemmo.web.frame.errors import too_many


class ResetPassword(PasswordResetView):  # type: ignore[misc]  # allauth has no types
    """Also limits the requests of a network and of all visitors, as for signing in."""

    def form_valid(self, form: AskForReset) -> HttpResponse:
        if not sign_in.may_reset(self.request, form.cleaned_data["email"]):
            return too_many(self.request)
        response: HttpResponse = super().form_valid(form)
        return response
