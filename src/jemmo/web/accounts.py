from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Accounts are made by invitation or on the command line."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
