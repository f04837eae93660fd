"""Links from an ATS are followed only to its own host, in any spelling."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jemmo.domain.errors import JemmoError, PermanentError
from jemmo.rest_client.client import Answer, RestClient

BASE = "https://api.example.com/eu"
PARTS = ["/", "//", "v1", "jobs", "?", "page%5Bnumber%5D=2", "&", ".", "..", "@", "\\", ":", "#"]
HOSTS = [
    "https://api.example.com",
    "HTTPS://API.example.com",
    "https://api.example.com:443",
    "https://api.example.com.:8443",
    "http://api.example.com",
    "other.example.org",
]


def refuse(answer: Answer) -> JemmoError:
    return PermanentError("refused")


CLIENT = RestClient(BASE, headers={}, refuse=refuse, pacer=None)


@pytest.mark.parametrize(
    "origin",
    [
        *("https://api.example.com:443", "http://api.example.com", "http://api.example.com:80"),
        *("https://API.example.com.", "https://api.example.com:8443", "//api.example.com"),
    ],
)
def test_links_with_another_port_or_scheme_use_our_own_address(origin: str) -> None:
    link = f"{origin}/v1/jobs?page%5Bnumber%5D=2"
    assert CLIENT.same_host(link) == "https://api.example.com/v1/jobs?page%5Bnumber%5D=2"


@given(st.lists(st.sampled_from(PARTS + HOSTS), max_size=8).map("".join))
@example("/v1/jobs?page%5Bnumber%5D=2")
@example("//other.example.org/v1")
@example("https://api.example.com@other.example.org/")
def test_links_are_resolved_like_in_a_browser_or_refused(link: str) -> None:
    """The fast paths for most links must have the same result as the full parser."""
    try:
        found = CLIENT.same_host(link)
    except PermanentError:
        return
    scheme, host, path, query, _ = urlsplit(found)
    assert (scheme, host.lower()) == ("https", "api.example.com")
    there = urlsplit(urljoin(f"{BASE}/", link))
    assert (path or "/", query) == (there.path or "/", there.query)
    assert CLIENT.path_of(found) == (f"{path}?{query}" if query else path)


@pytest.mark.parametrize("link", ["/v1/jobs?page={}", "https://api.example.com/v1/jobs?page={}"])
def test_an_endless_link_is_refused(link: str) -> None:
    """It would be stored as the position at which a sync continues."""
    assert CLIENT.path_of(link.format("x" * 1000)) == f"/v1/jobs?page={'x' * 1000}"
    for ask in (CLIENT.same_host, CLIENT.path_of):
        with pytest.raises(PermanentError) as told:
            ask(link.format("x" * 1_000_000))
        assert told.value.code == "broken_link"
