"""Limits on requests to an ATS from the browser. All processes count together; each makes only a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from allauth.core.internal import ratelimit

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.web.connections.ats_threads import questions
from jemmo.web.frame.access import MemberRequest

APP = "allauth.account"  # its setting holds the rate limits
ACTION = "ats_key"
QUESTION = "ats_question"
ADDRESS = frozenset(
    (
        "address_malformed",
        "address_not_public",
        "host_unreachable",
        "not_an_api",
        "redirected",
        "tls",
    )
)
"""The errors about an address."""
OPTIONS = frozenset(("api_version", "option", "option_missing", "unknown_option"))
"""The errors about an option."""
UNSENT = frozenset(
    ("address_malformed", "address_not_public", "host_unreachable", "tls", "option")
) | frozenset(
    ("key_empty", "key_malformed", "option_missing", "other_address", "same_key", "unknown_option")
)
"""With these errors, no key was sent anywhere."""


@contextmanager
def question(request: MemberRequest) -> Iterator[None]:
    """Count a request without a new key, by person and by organization.

    Raises ``ConfigError`` after too many, ``TransientError`` while others wait for a response.
    """
    org = request.organisation.pk
    with _place(request):
        if ratelimit.consume(request, app=APP, action=QUESTION, key=str(org)) is None:
            raise ConfigError("too_many_questions")
        yield


@contextmanager
def key_attempt(request: MemberRequest) -> Iterator[None]:
    """Count a key test by person and by organization, unless the key was not sent.

    Raises ``ConfigError`` after too many, ``TransientError`` while others wait for a response.
    """
    org = request.organisation.pk
    with _place(request), _counted(request, str(org)):
        yield


def _place(request: MemberRequest) -> AbstractContextManager[None]:
    return questions().place(request.organisation.pk, request.membership.account_id)


@contextmanager
def _counted(request: MemberRequest, org: str) -> Iterator[None]:
    usage = ratelimit.consume(request, app=APP, action=ACTION, key=org)
    if usage is None:
        raise ConfigError("too_many_keys")
    try:
        yield
    except JemmoError as error:
        if error.code in UNSENT:
            usage.rollback()
        raise
