"""Job titles with the same meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.titles import plain, variants


@pytest.mark.parametrize(
    "title",
    [
        "Développeur",
        "developpeur (H/F)",
        "DEVELOPPEUR - H/F",
        "Développeur m/w/d",
        " developpeur! ",
    ],
)
def test_titles_with_different_decoration_match(title: str) -> None:
    assert plain(title) == "developpeur"


@pytest.mark.parametrize(
    ("one", "other"),
    [("C++ developer", "C# developer"), ("Chef de rang", "Chef de rayon"), ("Dev 1", "Dev 2")],
)
def test_different_titles_do_not_match(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.text(max_size=60))
def test_plain_titles_stay_unchanged(title: str) -> None:
    assert plain(plain(title)) == plain(title)


@given(st.lists(st.text(max_size=12), max_size=20))
def test_groups_contain_at_least_two_different_spellings(titles: list[str]) -> None:
    for group in variants(titles):
        assert len(set(group)) == len(group) > 1
        assert len({plain(one) for one in group}) == 1


def test_the_largest_group_comes_first() -> None:
    titles = ["Sales", "sales", "Dev", "dev", "DEV", "Other"]
    assert variants(titles) == [["DEV", "Dev", "dev"], ["Sales", "sales"]]
