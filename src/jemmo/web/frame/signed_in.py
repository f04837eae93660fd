"""Identifies who makes a request, with data that the session's query has already loaded."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from jemmo.store.accounts import members
from jemmo.store.db.sessions import SessionStore
from jemmo.store.db.sign_ins import SignIn
from jemmo.store.models import Account, Membership


class SignedIn(AuthenticationMiddleware):
    """Django's authentication middleware, without a separate query for the account."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast("Account", SimpleLazyObject(lambda: _person(request)))


def _person(request: HttpRequest) -> Account | AnonymousUser:
    return _account(request) or auth.get_user(request)


def _sign_in(request: HttpRequest) -> SignIn | None:
    return cast("SessionStore", request.session).sign_in


def _account(request: HttpRequest) -> Account | None:
    """The session's account in the usual case. Otherwise Django takes over, and ends a session that isn't valid."""
    session, sign_in = request.session, _sign_in(request)
    account = sign_in.account if sign_in else None
    if account is None or not account.is_active:
        return None
    knows_it = (
        session.get(auth.SESSION_KEY) == str(account.pk)
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(
            session.get(auth.HASH_SESSION_KEY, ""), account.get_session_auth_hash()
        )
    )
    return account if knows_it else None


def memberships_of(request: HttpRequest) -> list[Membership]:
    """The effective memberships of the signed-in person, oldest first; none for anyone else."""
    if not request.user.is_authenticated:
        return []
    sign_in = _sign_in(request)
    if sign_in and sign_in.account == request.user:
        return sign_in.memberships
    return members.memberships(request.user)
