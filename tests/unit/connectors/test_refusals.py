"""The meaning of HTTP statuses, for vendors with and without their own interpretation."""

from __future__ import annotations

import pytest

from jemmo.connectors.refusals import Refused, refusals
from jemmo.domain.errors import ConfigError, JemmoError, RateLimited, ScopeTooSmall, TransientError
from jemmo.rest_client.client import Answer


def gone_for_good(answer: Answer) -> JemmoError:
    return ConfigError("plan_ended", status=answer.status)


REFUSAL = refusals("Acme", key_help="Settings > API.", meanings={402: gone_for_good})


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, ConfigError, "redirected"),
        (400, Refused, "request_refused"),
        (401, ConfigError, "key_refused"),
        (402, ConfigError, "plan_ended"),
        (403, ScopeTooSmall, "scope_too_small"),
        (404, Refused, "not_found"),
        (429, RateLimited, "rate_limited"),
        (503, TransientError, "ats_unavailable"),
    ],
)
def test_a_vendor_lists_only_statuses_with_another_meaning(
    status: int, kind: type[JemmoError], code: str
) -> None:
    error = REFUSAL(Answer(status, {}, b""))
    assert isinstance(error, kind)
    assert error.code == code
