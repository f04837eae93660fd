"""A two-step secret works only for its own account, whoever writes to the table."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from fakes.showcase import Showcase

from jemmo.services.accounts import two_step
from jemmo.services.operations import keys
from jemmo.vault import VaultError, default_vault, keyset_path

SECRET = "JBSWY3DPEHPK3PXP"


def code() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(SECRET, counter)))


def kept(account: Any, kind: str) -> Authenticator:
    return Authenticator.objects.get(user=account, type=kind)


def test_a_secret_copied_to_another_account_does_not_open(showcase: Showcase) -> None:
    owner, thief = showcase.person("admin"), showcase.person("viewer")
    TOTP.activate(owner, SECRET)
    codes = RecoveryCodes.activate(owner).generate_codes()
    RecoveryCodes.activate(thief)
    TOTP.activate(thief, "KRSXG5CTMVRXEZLU")
    assert TOTP(kept(owner, "totp")).validate_code(code())
    assert RecoveryCodes(kept(owner, "recovery_codes")).validate_code(codes[0])
    assert RecoveryCodes(kept(owner, "recovery_codes")).generate_codes() == codes
    for kind in ("totp", "recovery_codes"):
        own = Authenticator.objects.filter(user=owner, type=kind)
        own.update(data=kept(thief, kind).data)
    with pytest.raises(VaultError):
        TOTP(kept(owner, "totp")).validate_code(code())
    with pytest.raises(VaultError):
        RecoveryCodes(kept(owner, "recovery_codes")).generate_codes()


def test_secrets_of_a_former_version_are_bound_when_jemmo_starts(showcase: Showcase) -> None:
    owner, vault = showcase.person("admin"), default_vault()
    former = b64encode(vault.seal(SECRET.encode(), two_step.FRESH)).decode()
    Authenticator.objects.create(user=owner, type="totp", data={"secret": former})
    with pytest.raises(VaultError):
        TOTP(kept(owner, "totp")).validate_code(code())
    keys.check(keyset_path())
    assert TOTP(kept(owner, "totp")).validate_code(code())
    assert two_step.bind(vault) == 0


def test_two_step_sign_in_has_one_name(signed_in: Callable[[str], Client]) -> None:
    page = signed_in("owner").get("/accounts/2fa/").content.decode()

    assert "Two-step sign-in" in page
    assert "wo-factor" not in page.lower()
