"""Sign-up, sign-in and address confirmation, and the storage of two-step secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm, ResetPasswordKeyForm
from allauth.account.signals import password_changed, password_set
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import logout
from django.contrib.auth.tokens import default_token_generator
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language

from jemmo.domain.validation import may_be_address
from jemmo.services.accounts import accounts, two_step
from jemmo.services.notifications.outbox import post
from jemmo.store.db import sessions
from jemmo.store.models import Account
from jemmo.web.accounts import sign_in
from jemmo.web.frame.links import absolute
from jemmo.web.frame.peers import client_address

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class OurAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are created by invitation or on the command line. There is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return may_be_address(url or "") and bool(super().is_safe_url(url))
        except ValueError:  # not an address
            return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        made_up = {"uidb36": "UID", "key": "KEY"}
        path = reverse("account_reset_password_from_key", kwargs=made_up)
        return absolute(context.request, path.replace("UID-KEY", quote(key)))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue an e-mail. It has no recipient if its account isn't stored, as for a reset of an unknown address."""
        shown = {"request": self.request, "email": email, **context}
        letter = self.render_mail(template_prefix, email, shown)
        account = context.get("user")
        post(letter.subject, letter.body, email if account is None or _is_stored(account) else "")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._attempt = sign_in.Attempt(request, credentials.get("email", ""))
        if not self._attempt.is_allowed():
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        self._attempt.succeeded()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._attempt.failed()

    def post_login(self, request: HttpRequest, user: Account, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        sign_in.remember(request, response, user)
        accounts.note_language(user, get_language() or "")
        return response


class AskForReset(ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """Sends the e-mail to the address on file, never to one that only looks like it.

    For an unknown address, an e-mail is written to nobody, so that the response takes as long as for a known one.
    """

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        known = list(Account.objects.filter(email=email, is_active=True))
        self.users = known or [Account(email=email)]
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        if not _is_stored(self.users[0]):  # allauth's generator would store the account's addresses
            kwargs["token_generator"] = default_token_generator
        email: str = super().save(request, **kwargs)
        return email


def _is_stored(account: Account) -> bool:
    return not account._state.adding  # noqa: SLF001 - documented by Django


class ResetByEmail(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """Whoever reads the e-mail owns the address, so earlier credentials stop working."""

    def save(self) -> None:
        request = context.request
        logout(request)  # this session is older than the reset
        accounts.prove(self.user, self.cleaned_data["password1"])
        sign_in.note_proof(request, self.user)


@receiver([password_changed, password_set])
def end_other_sessions(request: HttpRequest, user: Account, **_: Any) -> None:
    """Sign out all other sessions after a password change, and close their open pages."""
    sessions.end(user.pk, but=request.session.session_key)


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are encrypted with the installation's keys, so a copy of the table is useless for signing in."""

    def encrypt(self, text: str) -> str:
        return two_step.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return two_step.opened(encrypted_text)
