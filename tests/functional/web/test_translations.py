"""The French translation is complete, has no fuzzy entries, and is compiled."""

from __future__ import annotations

import os
import re
import shutil
import string
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest

import jemmo

SOURCE = Path(jemmo.__file__).parent
CATALOGUE = Path("web", "locale", "fr", "LC_MESSAGES", "django.po")
ENTRY = re.compile(
    r'^(?:msgctxt "(?P<context>.*)"\n)?'
    r'msgid "(?P<text>.*)"\n(?:msgid_plural "(?P<plural>.*)"\n)?'
    r'(?P<translations>(?:msgstr(?:\[\d\])? ".*"\n?)+)',
    re.MULTILINE,
)
PLACES = re.compile(r"%\(\w+\)[sd]")
needs_gettext = pytest.mark.skipif(
    not (shutil.which("msgfmt") and shutil.which("xgettext")), reason="gettext is not installed"
)


def entries(path: Path) -> dict[tuple[str, str], list[str]]:
    """Return the translations by text and context, without the header."""
    whole = re.sub(r'"\n"', "", path.read_text(encoding="utf-8"))
    return {
        (one["context"] or "", _plain(one["text"])): [
            _plain(french) for french in re.findall(r'^msgstr\S* "(.*)"$', one[0], re.MULTILINE)
        ]
        for one in ENTRY.finditer(whole)
        if one["text"]
    }


def _plain(written: str) -> str:
    return written.replace('\\"', '"')


def test_every_text_has_a_french_translation() -> None:
    found = entries(SOURCE / CATALOGUE)

    assert len(found) > 150
    assert [key for key, french in found.items() if not all(french)] == []


def test_nothing_is_fuzzy_or_obsolete() -> None:
    text = (SOURCE / CATALOGUE).read_text(encoding="utf-8")

    assert not re.search(r"^#,.*\bfuzzy\b", text, re.MULTILINE)
    assert not re.search(r"^#~", text, re.MULTILINE)


def test_translations_use_the_same_placeholders() -> None:
    for (_, text), french in entries(SOURCE / CATALOGUE).items():
        for one in french:
            assert sorted(PLACES.findall(one)) == sorted(PLACES.findall(text))
            assert text[-1:] in string.punctuation or one[-1:] not in ".,;:", text


def test_the_compiled_catalog_is_up_to_date() -> None:
    with (SOURCE / CATALOGUE).with_suffix(".mo").open("rb") as compiled:
        held = GNUTranslations(compiled)

    for (context, text), french in entries(SOURCE / CATALOGUE).items():
        if len(french) > 1:
            assert [held.ngettext(text, text, n) for n in (1, 2)] == french
        else:
            assert [held.pgettext(context, text) if context else held.gettext(text)] == french
    assert len([key for key in held._catalog if key]) == sum(  # type: ignore[attr-defined]
        len(french) for french in entries(SOURCE / CATALOGUE).values()
    )


@needs_gettext
def test_the_catalog_contains_exactly_the_texts_of_the_pages(tmp_path: Path) -> None:
    copy = tmp_path / "jemmo"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "sandbox"))
    (copy / CATALOGUE).unlink()
    subprocess.run(
        [
            *(sys.executable, "-m", "django", "makemessages", "--locale", "fr", "--no-location"),
            *("--extension", "html,txt,md,py"),
        ],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
    )

    assert set(entries(copy / CATALOGUE)) == set(entries(SOURCE / CATALOGUE))


def test_no_text_counts_a_value_that_its_own_names_hide() -> None:
    """Django resolves ``count`` last, so ``count n=page.total with page=…`` would use the inner ``page``."""
    tags = [
        tag
        for template in sorted((SOURCE / "web").rglob("*.html"))
        for tag in re.findall(
            r"\{% blocktranslate\s+(count .*?)\s*%\}", template.read_text(), re.DOTALL
        )
    ]
    counted = [(tag, re.match(r"count \w+=(\w+)", tag)) for tag in tags]

    assert len(tags) > 20
    assert [tag for tag, name in counted if name and re.search(rf" {name[1]}=", tag)] == []
