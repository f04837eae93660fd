"""Contact details are masked in any context, and a person always gets the same generic identity."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.disguise import (
    GENERIC_ADDRESS,
    GENERIC_EMAIL,
    GENERIC_PHONE,
    Disguise,
    generic_contacts,
    is_generic,
)
from jemmo.domain.generic_names import FIRST, LAST
from jemmo.domain.masking import HIDDEN, hidden_fields, hidden_row, without_contacts

SECRET = b"a secret of this installation"
local = st.from_regex(r"[a-z][a-z0-9._+-]{0,12}", fullmatch=True)
emails = st.builds("{}@{}.example".format, local, st.from_regex(r"[a-z]{1,10}", fullmatch=True))
digits = st.lists(st.integers(0, 9), min_size=8, max_size=8)
phones = st.builds(
    lambda head, tail, between: head + between + between.join(map(str, tail)),
    st.sampled_from(["+33", "+1", "0033", "06", "(+44"]),
    digits,
    st.sampled_from(["", " ", ".", "-", "\u00a0"]),
)
around = st.text(alphabet="abc é\n.,;:!()<>@-/", max_size=12)
names = st.from_regex(r"[A-Zÿé][a-zéüñ]{2,8}(['-][A-Zé][a-zéüñ]{1,8})?", fullmatch=True)


@given(emails, phones, around, around)
def test_no_contact_detail_survives(email: str, phone: str, before: str, after: str) -> None:
    text = f"{before} {email} {phone} {after}"

    for masked in (without_contacts(text) or "", generic_contacts(text)):
        assert email not in masked
        assert phone not in masked
        rest = masked.replace(GENERIC_EMAIL, "").replace(GENERIC_PHONE, "")
        assert "@" not in re.sub(r"(?<!\S)@|@(?!\S)", "", rest) or "@" in before + after


@given(st.text(max_size=80) | emails | phones)
def test_masking_twice_is_masking_once(text: str) -> None:
    hidden = without_contacts(text)
    generic = generic_contacts(text)

    assert without_contacts(hidden) == hidden
    assert generic_contacts(generic) == generic


@given(names, names, around, around)
def test_names_are_masked_in_any_spelling(first: str, last: str, before: str, after: str) -> None:
    if {first, last, *re.split(r"[\s'-]+", first + " " + last)} & {*FIRST, *LAST}:
        return
    disguise = Disguise(SECRET)
    generic = disguise.person(1, first, last)
    for written in (f"{first} {last}", f"{last} {first}", f"{first}.{last}".lower()):
        masked = disguise.text(f"{before} {written} {after}")
        assert written not in masked
        assert (
            generic in masked or "@" in before + after
        )  # then it may have been recognized as an address
        assert disguise.text(masked) == masked


def test_a_person_stays_the_same_and_depends_on_the_secret() -> None:
    drawn = [Disguise(SECRET).person(7, "Élodie", "Müller") for _ in range(2)]
    others = {Disguise(bytes([one])).person(7, "Élodie", "Müller") for one in range(20)}

    assert drawn[0] == drawn[1]
    assert len(others) > 10
    assert Disguise(SECRET).person(8, "Élodie", "Müller") != drawn[0]


def test_a_person_is_recognised_in_any_text() -> None:
    disguise = Disguise(SECRET)
    first, last = disguise.person(1, "Élodie", "Müller-Roth").split()
    document = "elodie_muller-roth CV.pdf"
    disguise.file(document)

    assert (
        disguise.text("ÉLODIE says hi, and Ms Müller too") == f"{first} says hi, and Ms {last} too"
    )
    assert disguise.text("Müller-Roth, Élodie") == f"{first} {last}"
    assert disguise.text("see elodie.muller-roth") == f"see {first} {last}"
    assert disguise.text(f"« {document} »") == "« document.pdf »"
    assert disguise.text("melodie mullers") == "melodie mullers"


@pytest.mark.parametrize(
    ("first", "last"),
    [("Marie", "de la Tour"), ("Ana", "De La Cruz"), ("Jan", "van der Berg"), ("Will", "May")],
)
def test_ordinary_words_stay_even_if_someone_has_that_name(first: str, last: str) -> None:
    disguise = Disguise(SECRET, {"will", "may"})
    generic = disguise.person(1, first, last)
    text = "Chef de la cuisine, and the head of der Hof: De La Poste. May 2026: it will, Will it?"

    assert disguise.text(text) == text
    assert disguise.html(f"<p>{text}</p>") == f"<p>{text}</p>"
    for written in (f"{first} {last}", f"{last.upper()} {first.upper()}"):
        assert disguise.text(f"{written} applied") == f"{generic} applied"


def test_words_of_titles_and_places_stay() -> None:
    disguise = Disguise(SECRET, {"total"})
    disguise.person(1, "Claire", "Boulanger")
    disguise.person(2, None, "Total")
    disguise.company("Total")
    disguise.keep("Boulanger (H/F)", None)

    assert disguise.text("Boulanger (H/F)") == "Boulanger (H/F)"
    assert "Boulanger" not in disguise.text("Claire Boulanger")
    assert disguise.text("Total: 3 in total") == "Total: 3 in total"
    assert disguise.name("Total") != "Total"  # if the name is the whole text


def test_free_text_is_replaced_as_a_whole_and_consistently() -> None:
    text = "Head of sales at Hooli, ask Bob"
    invented = Disguise(SECRET).free_text(text)

    assert invented == Disguise(SECRET).free_text(text)
    assert not set(text.casefold().split()) & set(invented.casefold().split())
    assert len(text) - 1 <= len(invented) <= len(text) + 15
    assert invented[0].isupper()
    assert Disguise(SECRET).text(invented) == invented
    assert len(Disguise(SECRET).free_text("x" * 50_000)) < 700
    tags = {Disguise(SECRET).free_text(tag) for tag in ("python", "django", "react", "sql")}
    assert len(tags) > 1


def test_a_search_keeps_only_ordinary_words() -> None:
    disguise = Disguise(SECRET, {"sales"})
    last = disguise.person(1, "Élodie", "Müller").split()[1]

    assert disguise.search("muller sales") == f"{last} sales"
    assert "Quux" not in disguise.search("Zebulon Quux")
    assert disguise.search(disguise.search("Zebulon")) == disguise.search("Zebulon")
    assert "python" not in disguise.address("/talents/?tag=python&q=Zebulon")
    assert disguise.address("/jobs/?q=Zookeeper") == "/jobs/?q=Zookeeper"


def test_a_file_name_keeps_only_its_extension() -> None:
    disguise = Disguise(SECRET)

    assert disguise.file("CV Bob.PDF") == "document.pdf"
    assert disguise.file("cv.bob") == "document"
    assert disguise.text("CV Bob.PDF (1 MB)") == "document.pdf (1 MB)"


def test_companies_addresses_and_keys_become_generic() -> None:
    disguise = Disguise(SECRET)
    company = disguise.company("Acme Inc")

    assert disguise.text("ACME INC. hires") == f"{company}. hires"
    assert disguise.text("https://acme.teamtailor.com/x?y") == "https://example.com/"
    assert disguise.text("key ••••ab12") == "key ••••"
    assert disguise.text("post to /hooks/s3cr3t/") == "post to /hooks/••••/"


def test_markup_keeps_its_form() -> None:
    disguise = Disguise(SECRET)
    generic = disguise.person(1, "Class", "O'Main")
    company = disguise.company("A & B")
    identity = "b9cb0248-0701-4174-9851-031610652002"
    markup = (
        f'<p class="Class" id="{identity}"><a href="/talents/{identity}/?q=Class" title="Class O&#x27;Main">'
        'Class O&#x27;Main</a> at A &amp; B <a href="mailto:a@b.example">a@b.example</a> '
        '<a href="https://b.example/">x</a></p>'
    )
    first = generic.split()[0]

    assert disguise.html(markup) == (
        f'<p class="Class" id="{identity}"><a href="/talents/{identity}/?q={first}" title="{generic}">'
        f"{generic}</a> at {company.replace('&', '&amp;') if company else ''} "
        '<a href="mailto:user@example.com">user@example.com</a> <a href="https://example.com/">x</a></p>'
    )


def test_masked_values_are_recognized() -> None:
    disguise = Disguise(SECRET)

    assert is_generic(f"write to {GENERIC_EMAIL}")
    assert is_generic(disguise.person(1, "Élodie", "Müller"))
    assert is_generic(disguise.company("Acme") or "")
    assert not is_generic("Élodie Müller, Acme, elodie@acme.example")


def test_custom_contact_fields_are_emptied() -> None:
    fields = {
        "a": {"type": "email", "value": "x"},
        "b": {"type": "text", "value": "or a@b.example"},
        "c": {"type": "number", "value": 600000042},
    }

    hidden = hidden_fields(fields)

    assert [one["value"] for one in hidden.values()] == [HIDDEN, f"or {HIDDEN}", 600000042]


def test_only_what_people_type_is_changed_in_a_row() -> None:
    row = {"remote_id": "0600000042", "headline": "0600000042", "tags": ["a@b.example"]}

    assert hidden_row(row, ("headline", "tags")) == {
        **row,
        "headline": HIDDEN,
        "tags": [HIDDEN],
    }


@pytest.mark.parametrize("text", ["from 01/03/2026 on", "2015-2020", "v3.11", "10 000 000 €"])
def test_dates_and_amounts_stay(text: str) -> None:
    assert without_contacts(text) == text


def test_the_sentence_around_an_address_stays_intact() -> None:
    text = "Jemmo can't reach the ATS's address (http://127.0.0.1:9812/token). Check it."
    assert generic_contacts(text) == (
        f"Jemmo can't reach the ATS's address ({GENERIC_ADDRESS}). Check it."
    )
