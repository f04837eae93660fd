"""Headers for pagination and rate limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.validation import parse_time
from jemmo.rest_client.headers import RateLimitHeaders, next_link, pause_asked, rate_limit_headers

NOW = 1_790_000_000.0


@pytest.mark.parametrize("name", ["X-Rate-Limit", "X-RateLimit"])
def test_a_limit_is_read_under_either_name(name: str) -> None:
    headers = {f"{name}-Limit": "50", f"{name}-Remaining": "3", f"{name}-Reset": "7"}
    assert rate_limit_headers(headers, NOW) == RateLimitHeaders(limit=50, remaining=3, reset=7.0)


@pytest.mark.parametrize("number", ["2147483648", "1e300", "-1", "-3000000000"])
def test_an_implausible_limit_is_none(number: str) -> None:
    headers = {"X-RateLimit-Limit": number, "X-RateLimit-Remaining": number}
    assert rate_limit_headers(headers, NOW) == RateLimitHeaders()


@pytest.mark.parametrize(
    ("reset", "left"),
    [("7", 7.0), ("1790000012", 12.0), ("1789999999", 0.0), ("1790000012000", 12.0)],
)
def test_the_end_of_a_window_is_in_seconds_or_a_timestamp(reset: str, left: float) -> None:
    assert rate_limit_headers({"X-RateLimit-Reset": reset}, NOW).reset == left


def test_a_pause_is_a_number_a_date_or_the_rest_of_the_window() -> None:
    moment = parse_time("2026-09-21T14:13:30Z")
    assert moment is not None
    date = format_datetime(moment, usegmt=True)
    assert pause_asked({"Retry-After": "9", "X-RateLimit-Reset": "3"}, NOW) == 9.0
    assert pause_asked({"Retry-After": date}, moment.timestamp() - 5) == 5.0
    assert pause_asked({"Retry-After": "soon", "X-RateLimit-Reset": "3"}, NOW) == 3.0
    assert pause_asked({}, NOW) is None
    assert pause_asked({"X-RateLimit-Reset": "8000"}, NOW) is None


@pytest.mark.parametrize(
    "moment", ["1790000012", "1790000012.0", "1790000012000", "1790000012000000"]
)
def test_a_pause_until_a_unix_timestamp_is_the_time_until_then(moment: str) -> None:
    assert pause_asked({"Retry-After": moment}, NOW) == 12.0


@given(st.integers(-(10**7), 10**7), st.integers(0, 3600))
def test_times_are_relative_to_the_servers_clock(off: int, wait: int) -> None:
    """Even if an ATS's clock is days off, its date or timestamp yields the correct wait."""
    there = datetime.fromtimestamp(NOW + off, UTC)
    headers = {"Date": format_datetime(there, usegmt=True)}
    then = there + timedelta(seconds=wait)
    for moment in (format_datetime(then, usegmt=True), f"{then.timestamp():.0f}"):
        assert pause_asked({**headers, "Retry-After": moment}, NOW) == wait
    assert (
        rate_limit_headers({**headers, "X-RateLimit-Reset": f"{then.timestamp():.0f}"}, NOW).reset
        == wait
    )


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (
            '<https://a.example/v3/jobs?cursor=a,b;c>; rel="next"',
            "https://a.example/v3/jobs?cursor=a,b;c",
        ),
        ('</x?p=1>; rel="prev", </x?p=3>; title="on"; rel=next', "/x?p=3"),
        ('</x?p=1>; rel="prev"', None),
        ('</x>; rel="nextish"', None),
        ('</x?p=3>; rel="next last"', "/x?p=3"),
        ('</x?p=1>; rel="first prev", </x?p=3>; rel="last next"', "/x?p=3"),
        ("</x?p=3>;rel='Next'", "/x?p=3"),
        ("</x?p=3>; rel=next; type=json", "/x?p=3"),
        ('</x?p=3>; title="next"; rel="last"', None),
        ("", None),
    ],
)
def test_the_next_page_is_found_among_links(link: str, found: str | None) -> None:
    assert next_link({"Link": link}) == found


@given(
    st.dictionaries(
        st.sampled_from(["Link", "Retry-After", "X-RateLimit-Reset", "X-RateLimit-Limit"]),
        st.text(),
    )
)
def test_any_header_is_handled(headers: dict[str, str]) -> None:
    rate_limit_headers(headers, NOW)
    pause_asked(headers, NOW)
    next_link(headers)
