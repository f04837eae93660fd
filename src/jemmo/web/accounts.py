"""How people get accounts, and how the secrets of two-step sign-in are kept."""

from base64 import b64decode, b64encode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

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
