"""A connection test's check passes, fails with its reason, or raises an error that isn't about permissions."""

from __future__ import annotations

import pytest

from jemmo.connectors.access import attempt
from jemmo.connectors.flatchr.key_expiry import key_refusals
from jemmo.connectors.refusals import Refused, refusals
from jemmo.domain.errors import ConfigError, JemmoError, ScopeTooSmall
from jemmo.domain.streams import AccessCheck
from jemmo.rest_client import Answer
from jemmo.sandbox.flatchr.keys import make_jwt

MISSING = Refused(ats="Acme", path="/v1/tags", status=404)
FORBIDDEN = ScopeTooSmall(path="/v1/tags")


async def refused(error: JemmoError) -> list[str]:
    raise error


async def test_a_passed_check_returns_the_response() -> None:
    async def answer() -> list[str]:
        return ["a tag"]

    assert await attempt("read tags", answer()) == (
        AccessCheck(name="read tags", ok=True),
        ["a tag"],
    )


@pytest.mark.parametrize(
    ("error", "is_optional", "ok"),
    [(MISSING, False, False), (MISSING, True, True), (FORBIDDEN, True, False)],
)
async def test_a_refusal_is_the_detail_of_its_check(
    error: JemmoError, is_optional: bool, ok: bool
) -> None:
    check, answer = await attempt("read tags", refused(error), is_optional=is_optional)
    assert (check, answer) == (AccessCheck(name="read tags", ok=ok, detail=error.message), None)


async def test_a_wrong_key_is_not_a_missing_permission() -> None:
    with pytest.raises(ConfigError, match="key"):
        await attempt("read tags", refused(ConfigError("key_refused")))


@pytest.mark.parametrize(
    ("status", "code"), [(401, "key_expired"), (403, "key_expired"), (404, "not_found")]
)
def test_a_vendors_own_interpretation_of_a_status_wins(status: int, code: str) -> None:
    own = key_refusals("Acme", make_jwt(1_000_000_000), variant="flatchr")
    refusal = refusals("Acme", key_help="Settings > API", meanings=own)
    assert refusal(Answer(status, {}, b"", "https://api.example.com/v1/tags")).code == code
