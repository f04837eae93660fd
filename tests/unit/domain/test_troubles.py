"""Every code that a person may meet has its meaning and a next step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jemmo
from jemmo.domain.troubles import TROUBLES, UNKNOWN, Kind, codes, trouble

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
    *("storage_address", "storage_key_missing", "storage_public", "storage_refused", "path"),
    *("who", "wrong_keyset", "which_connection"),
    *("no_webhooks", "not_refreshable", "not_signed", "signing_key_malformed", "empty"),
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
    assert sorted(found - set(TROUBLES) - OWN_WORDS) == []


def test_a_code_with_a_detail_means_what_the_code_does() -> None:
    assert trouble("unknown_value:job.status") is TROUBLES["unknown_value"]
    assert trouble("never heard of") is UNKNOWN


def test_each_ends_as_a_sentence_and_belongs_somewhere() -> None:
    for code, one in TROUBLES.items():
        assert one.means.endswith("."), code
        assert one.next_step.endswith("."), code
    assert sorted(code for kind in Kind for code in codes(kind)) == sorted(TROUBLES)
