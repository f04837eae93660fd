"""Each error has a single text, in the catalog; raise sites only pass facts."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest

import jemmo
from jemmo.domain import error_catalog, errors
from jemmo.domain.error_catalog import (
    DEFAULTS,
    ERROR_CATALOG,
    UNKNOWN,
    ErrorKind,
    codes_of_kind,
    entry_of,
    facts_of,
    worded,
)
from jemmo.domain.errors import ConfigError, JemmoError, RecordRejected, TransientError
from jemmo.domain.outcomes import RunWarning

SOURCE = Path(jemmo.__file__).parent
NOTED = re.compile(r'notes\.add\(\s*f?"([a-z_]+)')
OPTIONAL = {*DEFAULTS, "detail", "field"}
"""Facts that a text may use even though the error doesn't always have them."""
ARGUMENTS = {"variant", "retry_after", "resume_at", "code", "blocking", "headers", "part", "words"}
OWN_FACTS = {"Postponed": {"time"}, "Refused": {"answer"}, "PartRefused": {"answer"}}
"""Facts that a class adds itself."""
VERDICTS = {f"files/{name}.py" for name in ("inspection", "parts", "portable", "text", "verdict")}
"""Modules whose ``Refused`` is about a file, with reasons in ``jemmo.files.verdict``."""
SENTENCE = re.compile(r"[A-Za-z’']+\s+[A-Za-z’']+\s+[A-Za-z’']+")


class Call(msgspec.Struct):
    """A call that creates an error or a warning, with its literal arguments."""

    place: str
    name: str
    code: str
    variants: list[str]
    facts: set[str]
    is_open: bool
    literals: list[str]


@cache
def trees() -> dict[str, ast.Module]:
    paths = (path for path in SOURCE.rglob("*.py") if "sandbox" not in path.parts)
    return {str(path.relative_to(SOURCE)): ast.parse(path.read_text()) for path in paths}


@cache
def classes() -> dict[str, str]:
    """Return the default code of each error class, by name."""
    known = {"JemmoError": "error"}
    found = [node for tree in trees().values() for node in ast.walk(tree)]
    defined = [node for node in found if isinstance(node, ast.ClassDef)]
    while True:
        new = {
            node.name: _default_code(node) or known[base]
            for node in defined
            for base in map(ast.unparse, node.bases)
            if base in known and node.name not in known
        }
        if not new:
            return known
        known |= new


def _default_code(node: ast.ClassDef) -> str:
    lines = [line for line in node.body if isinstance(line, ast.Assign)]
    values = {ast.unparse(line.targets[0]): line.value for line in lines}
    value = values.get("default_code")
    return str(value.value) if isinstance(value, ast.Constant) else ""


@cache
def calls() -> list[Call]:
    return [
        _call(f"{place}:{node.lineno}", name, node)
        for place, tree in trees().items()
        if place not in VERDICTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (name := _error_name(node.func))
    ]


def _error_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute) and ast.unparse(function) == "RunWarning.of":
        return "RunWarning.of"
    name = function.id if isinstance(function, ast.Name) else ""
    return name if name in classes() or name in {"Problem", "bad_parameter"} else ""


def _call(place: str, name: str, node: ast.Call) -> Call:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    given = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
    codes = [value for argument in given for value in _texts(argument) if value]
    variants = _texts(keywords["variant"]) if "variant" in keywords else [""]
    if name == "bad_parameter":
        codes, variants = ["bad_parameter"], codes or [""]
    code = codes[0] if codes else ("" if given else classes().get(name, ""))
    facts = {str(key) for key in keywords if key is not None} - ARGUMENTS
    values = [value for key, value in keywords.items() if key not in ("code", "variant")]
    return Call(
        place=place,
        name=name,
        code=code,
        variants=variants,
        facts=facts | OWN_FACTS.get(name, set()),
        is_open=None in keywords,
        literals=[*codes, *(text for value in values for text in _texts(value))],
    )


def _texts(value: ast.expr) -> list[str]:
    """Return the literal texts that an argument may have."""
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) else []
    if isinstance(value, ast.IfExp):
        return [*_texts(value.body), *_texts(value.orelse)]
    if isinstance(value, ast.BoolOp):
        return [text for part in value.values for text in _texts(part)]
    if isinstance(value, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in value.values)]
    return []


def test_no_call_contains_a_sentence() -> None:
    prose = {call.place for call in calls() if any(map(SENTENCE.search, call.literals))}

    assert prose == set()


def test_every_code_that_is_raised_or_noted_has_its_text() -> None:
    raised = {call.code.partition(":")[0]: call.place for call in calls() if call.code}
    noted = {
        code: path.name for path in SOURCE.rglob("*.py") for code in NOTED.findall(path.read_text())
    }
    unknown = {
        code: place
        for code, place in {**raised, **noted}.items()
        if entry_of(code) is UNKNOWN and "…" not in code and f"{code}/" not in _variants()
    }

    assert len(raised) > 100
    assert len(noted) > 3
    assert unknown == {}


def _variants() -> set[str]:
    return {f"{key.partition('/')[0]}/" for key in ERROR_CATALOG if "/" in key}


def test_every_variant_that_is_named_exists() -> None:
    missing = {
        call.place: variant
        for call in calls()
        if call.code
        for variant in call.variants
        if variant and f"{call.code}/{variant}" not in ERROR_CATALOG
    }

    assert missing == {}


def test_every_fact_of_a_text_is_given() -> None:
    missing = {
        call.place: sorted(lacking)
        for call in calls()
        if call.code and "…" not in call.code and not call.is_open
        for variant in call.variants
        if (lacking := _needed(call.code, variant) - call.facts)
    }

    assert missing == {}


def _needed(code: str, variant: str) -> set[str]:
    """Return the facts that a text requires; parts in parentheses are omitted if theirs are missing."""
    entry = entry_of(code, variant)
    template = re.sub(r"\([^()]*\)", "", entry.message + entry.next_step)
    return {name for name in facts_of(entry) if f"{{{name}" in template} - OPTIONAL


def test_no_code_has_two_texts() -> None:
    keys = [
        str(key.value)
        for place, tree in trees().items()
        if place.startswith("domain/error_catalog/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]
    entries = [key for key in keys if key in ERROR_CATALOG]

    assert sorted(entries) == sorted(ERROR_CATALOG)


def test_no_other_module_writes_the_text_of_an_error() -> None:
    """Classes only name a code; only the catalog contains messages and next steps."""
    held = [
        f"{place}:{node.lineno}"
        for place, tree in trees().items()
        if not place.startswith(("domain/error_catalog/", "cli/output.py"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.keyword)
        and "next_step" in _target(node)
        and _texts(node.value)
    ]

    assert held == []


def _target(node: ast.Assign | ast.keyword) -> str:
    return str(node.arg) if isinstance(node, ast.keyword) else ast.unparse(node.targets[0])


def test_texts_are_sentences_and_every_kind_has_its_codes() -> None:
    for code, entry in ERROR_CATALOG.items():
        assert entry.message.endswith((".", "{lines}")), code
        assert entry.next_step.rstrip().endswith((".", "}", ";", "probe", "…", "=…", ")")), code
    codes = [code for kind in ErrorKind for code in codes_of_kind(kind)]
    assert sorted(codes) == sorted(code for code in ERROR_CATALOG if "/" not in code)


def test_a_code_with_a_detail_shows_it() -> None:
    assert entry_of("unknown_value:job.status") is ERROR_CATALOG["unknown_value"]
    assert "(job.status)" in worded("unknown_value:job.status").message
    assert entry_of("never heard of") is UNKNOWN


def test_facts_fill_the_text() -> None:
    error = TransientError(
        "ats_unavailable", ats="Acme", status=503, status_page="status.example.com"
    )

    assert error.message == "Acme is down or isn't responding (HTTP 503)."
    assert error.next_step.endswith("check your ATS's status (status.example.com).")
    assert error.as_record()["facts"]["status"] == 503


def test_unknown_facts_are_omitted() -> None:
    assert TransientError("ats_unavailable").message == ("The ATS is down or isn't responding.")
    assert TransientError().message == "Jemmo couldn't reach the ATS."


def test_numbers_are_grouped_where_the_text_says_so() -> None:
    warning = RunWarning.of("count_differs", stream="talents", more=12_345)

    assert warning.message.endswith("(talents: 12,345).")
    assert worded("count_differs", warning.facts, number=str).message.endswith("12345).")


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        ("\x1b[31mRed\x1b[0m\nnext", "Red next"),
        ("{0.__class__} {status}", "{0.__class__} {status}"),
        ("Xy " * 5_000, ("Xy " * 5_000)[: error_catalog.MAX_FACT]),
    ],
    ids=["control characters", "a template", "endless"],
)
def test_facts_from_an_ats_are_harmless(fact: str, shown: str) -> None:
    error = errors.PermanentError("request_refused", ats=fact, path="/v1/jobs", answer="HTTP 400")

    assert error.message == f"{shown} refused a request (/v1/jobs, HTTP 400)."


def test_facts_contain_no_contact_details() -> None:
    error = errors.PermanentError("request_refused", path="/v1/ada@example.com")

    assert "ada@" not in error.message
    assert "ada@" not in str(error.as_record())


def test_a_record_is_rejected_for_a_field() -> None:
    rejected = RecordRejected("malformed_record", field="attributes.title")

    assert rejected.field == "attributes.title"
    assert rejected.message.endswith("unreadable (attributes.title).")


def test_a_cause_is_shown_once_in_every_format() -> None:
    error: JemmoError = ConfigError("paused", variant="all")

    assert (
        str(error) == error.message == error.as_dict()["message"] == "Every connection is paused."
    )
    assert error.as_record() == {**error.as_dict(), "variant": "all", "facts": {}}


def test_a_reject_reason_without_text_is_not_a_missing_reason_for_no_contact() -> None:
    assert "reject reason" in ERROR_CATALOG["no_reason"].message
    assert "contact" in ERROR_CATALOG["contact_reason_missing"].next_step
