"""How people get accounts, and how the secrets of two-step sign-in are kept."""

from base64 import b64decode, b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponseBase

from jemmo.services.keys import TWO_STEP_CONTEXT
from jemmo.vault import default_vault

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by invitation or on the command line; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are sealed with the installation's keys: a copy of the table signs nobody in."""

    def encrypt(self, text: str) -> str:
        return b64encode(default_vault().seal(text.encode(), TWO_STEP_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return default_vault().open(b64decode(encrypted_text), TWO_STEP_CONTEXT).decode()


class OwnAddress(EmailView):  # type: ignore[misc]  # allauth has no types
    """Where people change their address.

    Theirs was given with the invitation and counts as proved. Noted as unproved, allauth would take it for an earlier
    wish and drop it for the new one: until the letter is opened nobody could sign in.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            known = EmailAddress.objects.filter(user=request.user, verified=True)
            if not known.exists():
                EmailAddress.objects.update_or_create(
                    user=request.user,
                    email=request.user.email.lower(),
                    defaults={"verified": True, "primary": True},
                )
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]
