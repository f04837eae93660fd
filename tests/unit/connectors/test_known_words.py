"""Required values, and words of an ATS that we translate."""

from __future__ import annotations

import pytest

from jemmo.connectors.vocabulary import known, required
from jemmo.domain.enums import RemotePolicy
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

REMOTE = {"fully": RemotePolicy.REMOTE}


def test_a_required_value_is_trimmed_text() -> None:
    assert required("  Midwife ", "title") == "Midwife"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_record_without_a_required_value_is_rejected(value: str | None) -> None:
    with pytest.raises(RecordRejected) as rejection:
        required(value, "title")
    assert (rejection.value.code, rejection.value.field) == ("no_title", "title")


@pytest.mark.parametrize(
    ("word", "meaning", "counts"),
    [
        (" Fully", RemotePolicy.REMOTE, {}),
        ("sometimes", None, {"unknown_value:remote sometimes": 1}),
        ("", None, {}),
        (None, None, {}),
    ],
)
def test_an_unknown_word_is_counted(
    word: str | None, meaning: RemotePolicy | None, counts: dict[str, int]
) -> None:
    notes = Notes()
    assert known(word, REMOTE, "remote", "1", notes) is meaning
    assert notes.counts == counts
