"""Limits on password attempts and resets: guessing stays slow, and no one can lock another person out.

Attempts are counted by address (for IPv6 by the /64, which a single device may own), by account, and for the whole
installation, where one network counts only up to its share. A browser in which the owner signed in before, or has just
proved their address, is known. It is counted separately, so that others who guess passwords don't lock the owner out.
Anyone who is locked out elsewhere resets the password, which makes the browser known.
"""

from __future__ import annotations

import secrets
from functools import partial
from ipaddress import ip_address, ip_network
from typing import NamedTuple, cast

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.core.cache import cache as attempts
from django.http import HttpRequest, HttpResponse

from jemmo.store.db.cache import JsonCache
from jemmo.store.models import Account
from jemmo.web.frame.peers import client_address

APP = "allauth.account"
SALT = "jemmo.known-browser"
KNOWN_SECONDS = 180 * 86_400
PROVED = "proved_address"
WINDOW = 600.0  # seconds in which the whole installation's attempts are counted
NETWORKS = {4: 24, 6: 48}  # the prefix length that one customer of a provider may have


def network_of(address: str) -> str:
    """Return the network of an address.

    >>> network_of("2001:db8:7:8::9"), network_of("198.51.100.7")
    ('2001:db8:7::/48', '198.51.100.0/24')
    """
    prefix = NETWORKS[ip_address(address).version]
    return str(ip_network(f"{address}/{prefix}", strict=False))


class Crowd(NamedTuple):
    """Attempts of browsers that are not known, counted for the installation and for each network.

    At ``most`` per window, only known browsers may try; at ``share`` from one network, only that network's.
    """

    name: str
    most: int
    share: int

    def is_full(self, request: HttpRequest) -> bool:
        network, everybody = self._keys(request)
        counted = partial(_cache().count, seconds=WINDOW, by=0)
        return counted(network) >= self.share or counted(everybody) >= self.most

    def record(self, request: HttpRequest) -> None:
        for key in self._keys(request):
            _cache().count(key, seconds=WINDOW)

    def _keys(self, request: HttpRequest) -> tuple[str, str]:
        return f"{self.name}:{network_of(client_address(request))}", self.name


FAILURES = Crowd("login:failed", most=500, share=100)
RESETS = Crowd("password:reset", most=200, share=40)


class Attempt:
    """An attempt to sign in, counted before the password is checked."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        self._request, self._email = request, email.lower()
        self._used: list[ratelimit.RateLimitUsage] = []

    def is_allowed(self) -> bool:
        """Count the attempt and return whether the password may be checked."""
        if browser := _known_as(self._request, self._email):
            return self._counted("login_known", f"{self._email}:{browser}")
        if FAILURES.is_full(self._request):
            return False
        return self._counted("login_address", "") and self._counted("login_account", self._email)

    def failed(self) -> None:
        if not _known_as(self._request, self._email):
            FAILURES.record(self._request)

    def succeeded(self) -> None:
        for used in self._used:
            used.rollback()

    def _counted(self, action: str, key: str) -> bool:
        used = ratelimit.consume(self._request, app=APP, action=action, key=key)
        if used:
            self._used.append(used)
        return bool(used)


def may_reset(request: HttpRequest, email: str) -> bool:
    """Count a request for a reset and return whether it may be answered."""
    if _known_as(request, email.lower()):
        return True
    if RESETS.is_full(request):
        return False
    RESETS.record(request)
    return True


def remember(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """Remember this browser as one in which this account signed in."""
    response.set_cookie(
        settings.KNOWN_COOKIE_NAME,
        signing.dumps(_browser(request, account) or secrets.token_hex(8), salt=_salt(account)),
        max_age=KNOWN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def note_proof(request: HttpRequest, account: Account) -> None:
    """Treat this session's browser as known for that account until the session ends."""
    request.session[PROVED] = account.email


def _known_as(request: HttpRequest, email: str) -> str | None:
    """Return the keyed hash of this browser, if the account's owner has used it."""
    if request.session.get(PROVED) == email:
        return "proved"
    account = Account.objects.filter(email=email).first()
    return _browser(request, account) if account else None


def _browser(request: HttpRequest, account: Account) -> str | None:
    cookie = request.COOKIES.get(settings.KNOWN_COOKIE_NAME, "")
    try:
        return str(signing.loads(cookie, salt=_salt(account), max_age=KNOWN_SECONDS))
    except signing.BadSignature:
        return None


def _salt(account: Account) -> str:
    """Changes when the address is proved, so that earlier browsers become unknown."""
    return f"{SALT}:{account.pk.hex}:{account.verified_email}"


def _cache() -> JsonCache:
    return cast("JsonCache", attempts)
