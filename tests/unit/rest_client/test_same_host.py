"""Links of an ATS are followed to its own host alone, however they are written."""

from urllib.parse import urljoin, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from jemmo.domain.errors import JemmoError, PermanentError
from jemmo.rest_client.client import Answer, RestClient

BASE = "https://api.example.com/eu"
PARTS = ["/", "//", "v1", "jobs", "?", "page%5Bnumber%5D=2", "&", ".", "..", "@", "\\", ":", "#"]
HOSTS = [
    "https://api.example.com",
    "HTTPS://API.example.com",
    "http://api.example.com",
    "other.example.org",
]


def refuse(answer: Answer) -> JemmoError:
    return PermanentError("refused", code="refused")


CLIENT = RestClient(BASE, headers={}, refuse=refuse, pacer=None)


@given(st.lists(st.sampled_from(PARTS + HOSTS), max_size=8).map("".join))
@example("/v1/jobs?page%5Bnumber%5D=2")
@example("//other.example.org/v1")
@example("https://api.example.com@other.example.org/")
def test_an_address_is_what_a_browser_makes_of_it_or_refused(link: str) -> None:
    """The short ways that most links take must lead where the long way leads."""
    try:
        found = CLIENT.same_host(link)
    except PermanentError:
        return
    scheme, host, path, query, _ = urlsplit(found)
    assert (scheme, host.lower()) == ("https", "api.example.com")
    assert found == urljoin(f"{BASE}/", link)
    assert CLIENT.path_of(found) == (f"{path}?{query}" if query else path)
