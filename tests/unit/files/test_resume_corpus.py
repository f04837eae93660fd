"""Resumes from many producers, read like in production."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

import pytest
from fakes.resumes.corpus import corpus
from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, words_of

from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOC, DOCX, ENDINGS, ODT, PDF, RTF, TEXT
from jemmo.files.text import NoText, close_sandboxes, text_of
from jemmo.files.verdict import Refused

MAX_BYTES = 1_000_000
PER_FILE, PER_FORMAT = 0.95, 0.99
ACCEPTED = {"failed": {"failed", "refused"}}  # a damaged file may be refused before it is read

KNOWN: frozenset[str] = frozenset()
"""Resumes that aren't read well yet. A test fails when one of them passes, so the list only shrinks."""


@pytest.fixture(autouse=True, scope="module")
def sandboxes() -> Iterator[None]:
    yield
    close_sandboxes()


@cache
def read(resume: Resume) -> tuple[str, str]:
    """Return the outcome and the text."""
    outcome, kind, text = outcome_of(resume.content)
    assert kind in {resume.kind, ""}
    return outcome, text


def outcome_of(content: bytes) -> tuple[str, str, str]:
    """Return the outcome, the kind unless it is refused, and the text."""
    try:
        kind = inspect(content, max_bytes=MAX_BYTES)
    except Refused:
        return "refused", "", ""
    try:
        text = text_of(content, kind)
    except NoText as reason:
        return reason.code, kind, ""
    return ("read" if words_of(text) else "empty"), kind, text


def recalled(resume: Resume, text: str) -> int:
    """Return the share of the page's words that the text contains, counting repetitions."""
    return (Counter(resume.words) & Counter(words_of(text))).total()


def shortcomings(resume: Resume) -> list[str]:
    outcome, text = read(resume)
    if outcome not in ACCEPTED.get(resume.outcome, {resume.outcome}):
        return [f"{outcome} instead of {resume.outcome}"]
    seen = Counter(words_of(text))
    lacking = list((Counter(resume.words) - seen).elements())
    return [
        *([f"lacks {lacking}"] if recalled(resume, text) < PER_FILE * len(resume.words) else []),
        *(f"lacks {word}" for word in resume.feature_words if not seen[word]),
        *(f"shows {word}" for word in resume.forbidden if word in text),
        *(f"repeats {word}" for word in resume.once if seen[word] > 1),
    ]


@pytest.mark.parametrize("resume", corpus(), ids=lambda resume: resume.name)
def test_a_resume_is_read_as_its_own_program_shows_it(resume: Resume) -> None:
    if resume.name in KNOWN:
        assert shortcomings(resume), f"{resume.name} is read well now: remove it from KNOWN"
    else:
        assert not shortcomings(resume), f"{resume.producer}, {resume.feature}"


@pytest.mark.parametrize("kind", [DOCX, ODT, RTF, PDF, TEXT, DOC], ids=ENDINGS.get)
def test_hardly_any_words_are_lost_in_any_format(kind: str) -> None:
    resumes = [each for each in corpus() if each.kind == kind and each.name not in KNOWN]
    there = sum(len(each.words) for each in resumes)
    assert sum(recalled(each, read(each)[1]) for each in resumes) >= PER_FORMAT * there


@pytest.mark.parametrize("resume", corpus(), ids=lambda resume: resume.name)
@pytest.mark.sample(40)
def test_damage_neither_breaks_nor_stalls_a_reader(resume: Resume) -> None:
    chance, content = random.Random(resume.name), resume.content
    start = chance.randrange(len(content))
    flipped = bytearray(content)
    for _ in range(5):
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    damages = {
        "cut": content[:start],
        "gap": content[:start] + content[start + 30 :],
        "repeated": content[: start + 90] + content[start:],
        "flipped": bytes(flipped),
    }
    outcomes = {damage: outcome_of(damaged)[0] for damage, damaged in damages.items()}
    assert "too_slow" not in outcomes.values(), outcomes


def test_known_shortcomings_are_in_the_corpus() -> None:
    assert KNOWN <= {each.name for each in corpus()}


def test_the_corpus_is_broad() -> None:
    resumes = corpus()
    assert len(resumes) >= 60
    assert (
        len({each.name for each in resumes})
        == len({each.content for each in resumes})
        == len(resumes)
    )
    assert {each.kind for each in resumes} == {DOCX, ODT, RTF, PDF, TEXT, DOC}
    assert {each.language for each in resumes} == LINES.keys()
    assert len(LINES) == 12
    languages = defaultdict(set)
    for each in resumes:
        languages[each.kind].add(each.language)
    assert all(len(of_kind) >= 5 for of_kind in languages.values())


def test_the_corpus_is_the_same_every_time() -> None:
    once = [each.content for each in corpus()]
    corpus.cache_clear()
    assert once == [each.content for each in corpus()]


@pytest.mark.parametrize("resume", corpus(), ids=lambda resume: resume.name)
def test_expectations_are_sound(resume: Resume) -> None:
    assert bool(resume.words) == (resume.outcome == "read")
    assert set(resume.once) | set(resume.feature_words) <= set(resume.words)
    shown = " ".join(resume.words)
    assert not [word for word in resume.forbidden if word in shown]
    if resume.kind in {DOCX, ODT} and resume.outcome != "failed":
        with zipfile.ZipFile(io.BytesIO(resume.content)) as archive:
            assert archive.testzip() is None
