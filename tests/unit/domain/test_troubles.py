"""Every code that a person may meet has its meaning and a next step."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import jemmo
from jemmo.domain.error_catalog import ERROR_CATALOG, UNKNOWN, ErrorKind, codes_of_kind, error_entry

SOURCE = Path(jemmo.__file__).parent
ROOMS = ("connectors", "pipeline", "rest_client", "services", "store", "domain")
OWN_WORDS = {
    # said on the command line, or inside connectors that answer before a person sees them
    *("no_connection", "unknown_connection", "unknown_organisation", "unknown_provider", "slug"),
    *("role", "not_a_member", "email", "export_kind", "no_probe", "no_event", "not_a_webhook"),
    *("resumes_off", "not_a_resume", "file_host", "too_large", "already_running", "error"),
    *("configuration", "extension_forbidden", "extension_not_installed", "server_too_old"),
    *("server_unreachable", "database", "already_up", "key_missing", "part_ended"),
    *("chat_gone", "member_left", "receiver_away", "receiver_busy", "receiver_refused"),
    *("file_limit", "file_redirects", "file_unavailable", "files_off", "nobody", "not_confirmed"),
    *(
        "path",
        "who",
        "wrong_keyset",
        "which_connection",
        "email_not_set_up",
        "password_exists",
        "environment",
        "extension_out_of_reach",
    ),
    *(
        "backup_newer",
        "foreign_schema",
        "foreign_tables",
        "in_use",
        "keyset_plain",
        "not_empty",
        "suppressions",
    ),
    *("tables_newer", "organisation_exists", "unknown_account"),
    *("no_webhooks", "not_refreshable", "not_signed", "signing_key_malformed", "empty"),
    *("account_malformed", "scope", "token_expiry", "too_many_tokens", "unknown_token"),
}
RAISED = re.compile(r'\bcode="([a-z_]+)"')
NOTED = re.compile(r'notes\.add\(\s*f?"([a-z_]+)')


@pytest.mark.parametrize("pattern", [RAISED, NOTED], ids=["raised", "noted"])
def test_every_code_of_the_source_is_known(pattern: re.Pattern[str]) -> None:
    found = {
        code
        for room in ROOMS
        for path in (SOURCE / room).rglob("*.py")
        for code in pattern.findall(path.read_text())
    }

    assert len(found) > 3
    assert sorted(found - set(ERROR_CATALOG) - OWN_WORDS) == []


def test_a_code_with_a_detail_means_what_the_code_does() -> None:
    assert error_entry("unknown_value:job.status") is ERROR_CATALOG["unknown_value"]
    assert error_entry("never heard of") is UNKNOWN


def test_each_ends_as_a_sentence_and_belongs_somewhere() -> None:
    for code, one in ERROR_CATALOG.items():
        assert one.means.endswith("."), code
        assert one.next_step.endswith("."), code
    assert sorted(code for kind in ErrorKind for code in codes_of_kind(kind)) == sorted(
        ERROR_CATALOG
    )


SEVERAL_TEXTS = {
    # what the catalogue says of these is true of every text that is raised with them
    *("address_not_public", "answer_too_large", "ats_unavailable", "backup_newer"),
    *("changed_meanwhile",),
    *("configuration", "connection_lost", "disk_full", "environment"),
    *(
        "file_unavailable",
        "foreign_tables",
        "key_refused",
        "malformed_record",
    ),
    *("no_connection", "no_event", "no_id", "no_name", "no_title", "not_a_webhook"),
    *("not_confirmed", "not_installed", "option", "path", "paused"),
    *("storage_address", "storage_refused", "timeout", "wrong_keyset"),
}
MIXED: set[str] = set()
REASON = ERROR_CATALOG["no_reason"].means


def raised() -> Iterator[tuple[str, str, str]]:
    """Every code of the source with the error that carries it and its text; ``no_{field}`` by field."""
    trees = [ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    fields = {
        str(call.args[1].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "required"
        and isinstance(call.args[1], ast.Constant)
    }
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        text = ast.unparse(call.args[0]) if call.args else ""
        for code in _codes(call, sorted(fields)):
            yield code, name, text


def _codes(call: ast.Call, fields: list[str]) -> list[str]:
    for given in call.keywords:
        if given.arg == "code" and isinstance(given.value, ast.Constant):
            return [str(given.value.value)]
        if given.arg == "code" and ast.unparse(given.value) == "f'no_{field}'":
            return [f"no_{field}" for field in fields]
    return []


def test_a_code_means_one_thing() -> None:
    """The page explains a record's rejection by its code, so nothing else may be raised with the same one."""
    texts, errors = defaultdict(set), defaultdict(set)
    for code, error, text in raised():
        texts[code].add(text)
        errors[code].add(error == "RecordRejected")

    assert {code for code, kinds in errors.items() if len(kinds) > 1} <= MIXED
    assert {code for code, said in texts.items() if len(said) > 1} == SEVERAL_TEXTS
    assert "no_reason" in texts


def test_a_reject_reason_without_text_is_no_missing_reason_not_to_contact() -> None:
    assert "reject reason" in REASON
    assert "contact" in ERROR_CATALOG["contact_reason_missing"].next_step
