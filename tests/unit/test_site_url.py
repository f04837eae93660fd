"""``JEMMO_URL``: Jemmo requires its own host name."""

from __future__ import annotations

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.settings import mail_backend, site_url


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", ""),
        ("https://jemmo.example.com", "https://jemmo.example.com"),
        (" https://jemmo.example.com:8443/ ", "https://jemmo.example.com:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert site_url(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/jemmo",
        "https://example.com/jemmo/",
        "example.com",
        "ftp://x",
        "http://[",
    ],
)
def test_a_path_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="JEMMO_URL") as raised:
        site_url(text)
    assert "its own host name" in raised.value.next_step


def test_e_mails_are_sent_or_shown_in_a_terminal_never_written_to_a_log() -> None:
    assert "smtp" in mail_backend(is_server=True, is_terminal=False)
    assert "console" in mail_backend(is_server=False, is_terminal=True)
    assert "dummy" in mail_backend(is_server=False, is_terminal=False)
