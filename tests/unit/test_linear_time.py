"""The time for processing a text grows linearly with its length, whatever candidates or an ATS put into it.

Compares the CPU time of texts of length n and 8n: linear work takes 8 times as long, quadratic work 64 times. Every
module that uses patterns must be listed here, with its functions or with the reason why no foreign text reaches it.
"""

from __future__ import annotations

import contextlib
import re
import time
import unicodedata
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from django.test import RequestFactory

import jemmo
from jemmo.connectors import countries, moments, pay
from jemmo.connectors.flatchr import mapping as flatchr
from jemmo.connectors.greenhouse import pay as greenhouse_pay
from jemmo.connectors.greenhouse.custom import Custom
from jemmo.connectors.jarvi import labels, probing
from jemmo.connectors.jsonapi import refusals as jsonapi_refusals
from jemmo.connectors.teamtailor import attachments as teamtailor_files
from jemmo.connectors.teamtailor import stages as teamtailor_stages
from jemmo.domain import (
    anonymity,
    contact_finder,
    contact_keys,
    disguise,
    email_addresses,
    key_shapes,
    markup,
    masking,
    mentions,
    plain_text,
    redaction,
    search_words,
    titles,
    validation,
)
from jemmo.domain.enums import ContactKind
from jemmo.domain.records import Contact, Talent
from jemmo.files import active, extract, inspection, kinds, parts, targets
from jemmo.files.readers import doc, html, pdf, pdf_order, rtf, walker
from jemmo.rest_client import headers, repair, routes
from jemmo.rest_client.download import Hosts
from jemmo.services.files import stored_files
from jemmo.store.sync import tables
from jemmo.web.frame.links import back
from jemmo.web.templatetags.values import shorten

Work = Callable[[Any], Any]
GROWTH, QUADRATIC = 8, 64
LIMIT = 24  # the geometric mean of the two, roughly
SHORT = 600  # characters
SLOWER = 500  # times as long as plain words; measured: 100 within the budget, 4,000 without one
LEAST = 0.0002  # seconds; shorter times can't be compared


def _disguised(text: str) -> str:
    shown = disguise.Disguise(b"secret")
    shown.person(1, "Ada Maria", "Exemple-Prova")
    return shown.text(text)


def _looked_into(pdf: bytes) -> None:
    with contextlib.suppress(active.Unreadable, active.TooMuch):
        active.is_active_inside(pdf)


FUNCTIONS: dict[str, list[Work]] = {
    "domain/anonymity.py": [anonymity.names_somebody],
    "domain/contact_keys.py": [
        contact_keys.typed_contacts,
        lambda text: contact_keys.single_contacts(Contact(kind=ContactKind.PHONE, value=text)),
        lambda text: contact_keys.single_contacts(Contact(kind=ContactKind.EMAIL, value=text)),
        lambda text: contact_keys.contact_keys(Contact(kind=ContactKind.PHONE, value=text)),
        lambda text: contact_keys.contact_keys(Contact(kind=ContactKind.EMAIL, value=text)),
    ],
    "domain/key_shapes.py": [key_shapes.without_keys],
    "domain/email_addresses.py": [
        contact_finder.find_contacts,
        lambda text: list(email_addresses.written_addresses(text)),
    ],
    "domain/phone_numbers.py": [contact_finder.may_hold_contacts],
    "domain/phone_words.py": [lambda text: contact_finder.find_contacts(f"tel {text} 06")],
    "domain/plain_text.py": [plain_text.plain, plain_text.roughly_plain],
    "domain/disguise.py": [
        disguise.is_generic,
        _disguised,
        lambda text: disguise.Disguise(b"secret").html(f'<a title="{escape(text)}">'),
        lambda text: disguise.Disguise(b"secret").address(text),
        lambda text: disguise.Disguise(b"secret").person(1, text, text),
    ],
    "domain/mentions.py": [lambda text: mentions.names_in(msgspec.json.encode([text]), ())],
    "domain/search_words.py": [lambda text: list(search_words.search_words(text))],
    "domain/markup.py": [markup.clean],
    "domain/titles.py": [titles.plain],
    "domain/validation.py": [
        validation.text,
        validation.name_text,
        validation.html_to_text,
        validation.unmarked,
        validation.parse_time,
        validation.number,
        validation.web_address,
        validation.typed_address,
        lambda text: validation.web_address(f"https://{text}/"),
    ],
    "web/frame/links.py": [lambda text: back(RequestFactory().get("/"), f"http://{text}/")],
    "rest_client/download.py": [lambda text: Hosts("https://a.example").is_own(f"https://{text}/")],
    "web/templatetags/values.py": [lambda text: shorten(text, 60)],
    "connectors/countries.py": [countries.country_code, countries._APART.split],
    "connectors/moments.py": [lambda text: moments._FRENCH.fullmatch(text)],
    "connectors/jarvi/probing.py": [
        probing.NAME.fullmatch,
        lambda text: probing.ID.sub("", text),
    ],
    "connectors/teamtailor/attachments.py": [teamtailor_files._RESUME_NAME.search],
    "connectors/jsonapi/refusals.py": [jsonapi_refusals.WORD.findall],
    "connectors/teamtailor/stages.py": [
        lambda text: teamtailor_stages.stage_category(None, None, text)
    ],
    "connectors/vocabulary.py": [
        lambda text: [pattern.search(text) for _, pattern in flatchr.STAGE_NAMES._patterns]
    ],
    "files/extract.py": [lambda text: extract.words(text.encode(), kinds.TEXT)],
    "files/readers/html.py": [lambda text: list(html.read(text.encode()))],
    "files/readers/rtf.py": [lambda text: list(rtf.read(text.encode()))],
    "files/readers/doc.py": [doc._without_field_codes],
    "files/readers/pdf.py": [lambda text: pdf.SOFT_BREAK.sub("", text)],
    "files/readers/pdf_order.py": [
        lambda text: [pdf_order.needs_places(text), pdf_order.RTL_WORD.findall(text)]
    ],
    "files/readers/walker.py": [lambda text: walker.BLANKS.sub(" ", text)],
    "files/active.py": [
        lambda text: active.is_active(text.encode()),
        lambda text: _looked_into(f"{text}\n/First 1/Fl stream\n{text}".encode()),
        lambda text: active.runs_by_itself(text.encode()),
        lambda text: active.runs_by_itself(f"\\fldinst{text}\\template{text}".encode()),
        lambda text: list(active._streams(text.encode())),
    ],
    "files/inspection.py": [
        lambda text: inspection.DDE.search(text.encode()),
        lambda text: inspection.DDE.search(f"\x13{text}".encode("utf-16-le")),
        lambda text: inspection._directory(text.encode()),
    ],
    "files/parts.py": [lambda text: parts.DDE.search(f"\x13{text}")],
    "files/targets.py": [targets.is_remote, lambda text: targets.is_remote(f"file:{text}")],
    "connectors/jarvi/labels.py": [labels.label_of],
    "connectors/greenhouse/pay.py": [
        lambda text: greenhouse_pay._internal(
            Custom(name=text, type="currency_range", value={"min_value": "1"})
        ),
        lambda text: greenhouse_pay._PAY.search(text),
    ],
    "connectors/pay.py": [lambda text: pay.read_pay(text, None, is_yearly=True)],
    "rest_client/headers.py": [lambda text: headers.next_link({"Link": text})],
    "rest_client/routes.py": [lambda text: routes.template(f"https://example.com/{text}/v1")],
    "rest_client/repair.py": [lambda text: repair.repaired(text.encode())],
    "store/sync/tables.py": [lambda text: tables.as_json([f"{text}\\u0000", f"{text}\0"])],
    "services/files/stored_files.py": [lambda text: stored_files.safe_name(text, kinds.TEXT)],
}
OTHERS = {
    "api/data_model.py": "a page of our own documentation",
    "api/idempotency.py": "one class of characters, with a bounded length",
    "api/reference.py": "our own descriptions",
    "connectors/base.py": "lengths are bounded in the pattern",
    "connectors/lenient.py": "msgspec's own messages, with the names of our fields",
    "conninfo.py": "the operator's own address of the database",
    "domain/error_catalog/__init__.py": "our own templates",
    "domain/numbering_plans.py": "digits of a number, at most as many as numbers have",
    "domain/database_errors.py": "what PostgreSQL and the system say of a connection",
    "embedded/": "what PostgreSQL prints when it starts",
    "files/storage.py": "names that we give",
    "rest_client/own_addresses.py": "one class of characters, then another that begins with a question mark",
    "services/privacy/personal_data.py": "alternatives without repetition",
    "services/privacy/erasure.py": "alternatives without repetition",
    "store/db/schema.py": "the operator's own name of a schema, with a bounded length",
    "store/connections/logs.py": "lengths are bounded in the pattern",
    "store/db/paging.py": "one class of characters",
    "store/db/traces.py": "our own statements",
    "store/records/explanations.py": "lengths are bounded in the pattern",
    "web/frame/screenshots.py": "our own words",
    "web/frame/middleware.py": "matched at the beginning of a path, which servers bound",
}
PIECES = (
    *("a", "@", "a@", "@1", "a_at_", "a at ", "a dot ", " ", ".", "-", "a-", "•", "<", "<br", "<a ", "</p"),
    *("&", "&amp;", "&#1", "&#x", "%40", '"', '"@', '\\"', "'", "(", "((", ")", "[at]", "a . ", "a "),
    *("1", "0", "1 ", "0 ", "12 ", "+1 ", "1-", "1.", "1/", "1     ", "06 12 34 56 78 ", "a@b.co ", "2020-1-1"),
    *("://", "key: ", "/hooks/", "sk-1"),
    *("０", "٠", "\u200b", "é", "ﬁ", "…", "FR76 ", " AB12", "deadbeef-1234-", "x1", "(1", ";", "; ", "<a>;"),
    *("QmFzZTY0", "\\", "\\u12", "{", "\\par ", "\\'e", "/", "//", "https://", "?", "=", 'a="', "\n", "\t", "F/H "),
    *("\u0301\u0327", "é\u0327\u0301", "<b>", "<div>", "</i>"),
    *("/Launch", "/#4caunch", "/S%", "stream\n", "/First 1 ", "/First 1/Fl stream\n", "\\obj", "\\bin1", "\\*"),
)  # fmt: skip


def hostile(length: int) -> list[str]:
    """Yield repeated pieces: alone, after and before an address, and between brackets that never close."""
    repeated = [piece * (length // len(piece)) for piece in PIECES]
    return [
        *repeated,
        *(f"ada@example.com {text}" for text in repeated[:20]),
        *(f"<{text}@" for text in repeated[:20]),
    ]


def processor_time(work: Work, text: Any) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began


def grows_too_fast(work: Work, short: str, long: str) -> bool:
    """Whether the time grows too fast in every attempt; other work on the machine can only make an attempt slower."""
    return all(
        processor_time(work, long) > LIMIT * max(processor_time(work, short), LEAST)
        for _ in range(5)
    )


CASES = [
    pytest.param(work, id=f"{module}-{place}")
    for module, functions in FUNCTIONS.items()
    for place, work in enumerate(functions)
]


@pytest.mark.parametrize("work", CASES)
@pytest.mark.sample(18)
def test_time_grows_with_the_length(work: Work) -> None:
    for short, long in zip(hostile(SHORT), hostile(SHORT * GROWTH), strict=True):
        assert not grows_too_fast(work, short, long), repr(short[:20])


def _set_apart(talent: Talent) -> None:
    _, texts = redaction.redact(talent)
    redaction.contacts_in_texts(texts)


def _with_summary(piece: str) -> Talent:
    return Talent(remote_id="1", summary=piece * (validation.MAX_TEXT // len(piece)))


def _with_fields(piece: str) -> Talent:
    value = {"type": "text", "value": piece * (10_000 // len(piece))}
    return Talent(remote_id="1", custom_fields={str(number): value for number in range(200)})


@pytest.mark.sample("_with_summary")
@pytest.mark.parametrize("talent", [_with_summary, _with_fields])
def test_no_text_of_a_record_takes_much_longer_than_plain_words(
    talent: Callable[[str], Talent],
) -> None:
    """A worker writes records in the event loop of its other syncs, so no record may block it for seconds."""
    _set_apart(talent("06 12 34 56 78 or +33 6 12 34 56 78 "))  # loads the library
    plain = max(processor_time(_set_apart, talent("Ada writes plain words. ")) for _ in range(5))
    slow = {
        piece
        for piece in (*PIECES, "(0", "0 1 0 2 ", "Ada 0 6 1 2 3 4 5 6 7 8 ", "06.12.34.56.7x ")
        if all(processor_time(_set_apart, talent(piece)) > SLOWER * plain for _ in range(3))
    }

    assert not slow


def test_a_pattern_of_quadratic_time_would_be_noticed() -> None:
    work = re.compile(r"\S+@\S+").search

    assert grows_too_fast(work, "a" * SHORT, "a" * SHORT * GROWTH)


def test_every_module_with_patterns_is_listed() -> None:
    source = Path(jemmo.__file__).parent
    uses = re.compile(r"^\s*(?:import re$|from re import)", re.MULTILINE)
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if not path.is_relative_to(source / "sandbox") and uses.search(path.read_text())
    }

    unlisted = {path for path in found - FUNCTIONS.keys() if not path.startswith((*OTHERS,))}
    assert not unlisted, "list their functions in FUNCTIONS, or the reason in OTHERS"


def test_texts_of_others_are_normalized_piece_by_piece() -> None:
    """Python's own function takes an hour for a text of two million combining marks. Other callers limit the length."""
    source = Path(jemmo.__file__).parent
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if not path.is_relative_to(source / "sandbox")
        and re.search(r"unicodedata\.normalize\(|import.* normalize\b", path.read_text())
    }

    assert found == {
        "domain/plain_text.py",
        "files/extract.py",  # single characters
        "files/readers/pdf_order.py",  # a letter with an accent
        "store/db/paging.py",  # 200 characters
    }


@pytest.mark.parametrize(
    "text", ["Zoë", "ﬁ", "\u1100\u1161\u11a8", "e\u0301", "０６", "漢字" * 400, "é " * 700]
)
@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
def test_ordinary_texts_are_normalized_like_by_python(
    form: Literal["NFC", "NFKC", "NFKD"], text: str
) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    for written in (text, f"a {text} b", decomposed, f"{decomposed} {decomposed}"):
        assert plain_text.normalized(form, written) == unicodedata.normalize(form, written)


@pytest.mark.parametrize("entity", ["&#" + "9" * 10_000 + ";", "&#" + "0" * 9_000 + "9;"])
def test_an_entity_of_any_length_is_read(entity: str) -> None:
    """Python refuses to parse numbers with more than 4,300 digits."""
    for work in (validation.html_to_text, validation.name_text, masking.without_contacts):
        work(f"Ada {entity} <b>x</b>")
