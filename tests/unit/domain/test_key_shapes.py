"""Pasted keys are removed from messages, and the rest of the text stays."""

from __future__ import annotations

import pytest

from jemmo.domain.key_shapes import REDACTED, without_keys

KEYS = (
    "sk_live_51Habcdefgh12345",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "Kx9vQ2mN7pR4tW8yB3dF6hJ1",
    "4f9c2e7a8b1d4c6e9f0a3b5c7d8e1f2a",
    "tt-a8f3kd92mxq71bzv0w",
    "f3b1c9d07e2a4856b1c9d07e2a4856aa",
)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("sentence", ["{}", "My key is {}.", "curl -H 'X-Api-Key: {}' x", "({})"])
def test_a_key_is_removed(key: str, sentence: str) -> None:
    found = without_keys(sentence.format(key))
    assert REDACTED in found
    assert max((len(part) for part in key.split(".") if part in found), default=0) == 0


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2hunter2",
        "Authorization: Bearer abcdefg1",
        'api_key="zzzzzzzz"',
        "https://somebody:pass@ats.example/v1",
        "https://jemmo.example/hooks/AbCd-efgh",
        "https://jemmo.example/accounts/password/reset/key/1-abc-def/",
        "key: 0b6f6b0e-3f3c-4f7e-9a51-5d8e9d0f8a11",
        "la clé : secretsecret",
    ],
)
def test_values_labeled_as_secrets_are_removed(text: str) -> None:
    assert REDACTED in without_keys(text)
    for secret in ("hunter2", "abcdefg1", "zzzzzzzz", ":pass", "AbCd", "1-abc", "0b6f6b0e"):
        assert secret not in without_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "The key was refused on Monday; the connection says so.",
        "Talent 0b6f6b0e-3f3c-4f7e-9a51-5d8e9d0f8a11 has no application.",
        "We use teamtailor-connector-version-2 since 2026-03-01T10:00:00.",
        "/settings/organization/ats/0b6f6b0e-3f3c-4f7e-9a51-5d8e9d0f8a11/ does not open.",
        "internationalization is Incomprehensibilities",
        "The token expired yesterday.",
    ],
)
def test_prose_ids_and_dates_stay(text: str) -> None:
    assert without_keys(text) == text


def test_own_keys_are_recognized_in_any_format() -> None:
    assert without_keys("we type open-sesame every day", ["open-sesame"]) == (
        f"we type {REDACTED} every day"
    )
    assert without_keys("the key abc", ["abc"]) == "the key abc"
