from __future__ import annotations

import pytest

from jemmo.connectors.jarvi.client import key_of
from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.jarvi.settings import settings_of
from jemmo.connectors.jarvi.template_files import FileRequest, file_request
from jemmo.domain.errors import ConfigError

OWN = "https://functions.prod.jarvi.tech/v1/public-api/rest/v2"


def asked(template: str, hosts: str = "") -> FileRequest:
    options = {"file_url_template": template, "file_hosts": hosts}
    config = JARVI.configure("secret", OWN, options)
    return file_request(config, "f 1", key=key_of(config), label="Jarvi")


def test_without_an_address_resumes_are_off_and_the_error_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="doesn't document") as raised:
        asked("")
    assert "file_url_template" in raised.value.next_step


def test_the_key_is_only_sent_to_jarvis_own_host() -> None:
    own = asked("https://functions.prod.jarvi.tech/v1/files/{fileId}")
    other = asked("https://files.example.com/{fileId}", "files.example.com")
    assert own == FileRequest(
        "https://functions.prod.jarvi.tech/v1/files/f%201", {"X-API-KEY": "secret"}
    )
    assert other.headers == {}
    assert "secret" not in repr(own)


@pytest.mark.parametrize(
    "template",
    [
        "https://files.example.net/{fileId}",
        "http://files.example.com/{fileId}",
        "https://functions.prod.jarvi.tech:444/{fileId}",
        "https://functions.prod.jarvi.tech@files.example.net/{fileId}",
    ],
)
def test_other_hosts_must_be_configured_and_use_tls(template: str) -> None:
    with pytest.raises(ConfigError, match="isn't on the list of allowed hosts"):
        asked(template, "files.example.com")


@pytest.mark.parametrize(
    ("template", "hosts"),
    [
        ("/v1/files/{fileId}", ""),
        ("files/{fileId}", ""),
        ("https://{fileId}", ""),
        ("https://functions.prod.jarvi.tech/v1/files/", ""),
        ("http://files.example.com/{fileId}", "files.example.com"),
        ("https://files.example.com/{fileId}", ""),
        ("https://[/{fileId}", ""),
    ],
)
def test_an_address_that_would_fail_for_every_file_is_refused_immediately(
    template: str, hosts: str
) -> None:
    options = {"file_url_template": template, "file_hosts": hosts}
    with pytest.raises(ConfigError, match="file_url_template"):
        settings_of(JARVI.configure("key", OWN, options))


def test_an_address_that_works_is_accepted() -> None:
    for template in (f"{OWN}/files/{{fileId}}", "https://files.example.com/{fileId}"):
        options = {"file_url_template": template, "file_hosts": "files.example.com"}
        settings_of(JARVI.configure("key", OWN, options))
