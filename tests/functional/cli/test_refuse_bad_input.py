"""Invalid input leads to the cause and the next step, never to a traceback, a key or personal data."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import psycopg
import pytest
from functional.cli.conftest import Ats, Jemmo, Open, Said

pytestmark = pytest.mark.usefixtures("no_retry_pauses")


def assert_explained(done: Said, status: int, *words: str) -> None:
    assert done.status == status, done
    assert "Error:" in done.err
    assert "Next step:" in done.err
    assert "Traceback" not in done.err + done.out
    for word in words:
        assert word in done.err, done.err


def connect(jemmo: Jemmo, key: str, *more: str) -> Said:
    return jemmo("connect", "teamtailor", "--org", "acme", "--key-stdin", *more, stdin=key)


def nothing_was_kept(database_url: str) -> bool:
    with psycopg.connect(database_url) as db:
        row = db.execute("SELECT count(*) FROM connection").fetchone()
    return row == (0,)


def test_a_wrong_key(jemmo: Jemmo, ats: Ats, database_url: str) -> None:
    done = connect(jemmo, "wrong-key-9876543210", "--base-url", ats.base_url)
    assert_explained(done, 4, "refused the API key", "region")
    assert "wrong-key" not in done.err + done.out
    assert nothing_was_kept(database_url)


@pytest.mark.parametrize("scope", ["public", "internal"])
def test_a_key_of_too_small_a_scope(
    jemmo: Jemmo, open_ats: Open, database_url: str, scope: str
) -> None:
    ats = open_ats(keys={"small-key-0123456789": scope})
    done = connect(jemmo, "small-key-0123456789", "--base-url", ats.base_url)
    assert_explained(done, 4, "missing: read", "candidates", "Admin")
    assert nothing_was_kept(database_url)


@pytest.mark.parametrize(
    ("key", "words"), [("", "No API key"), ("two words", "look like"), ("clé-é", "look like")]
)
def test_an_impossible_key(jemmo: Jemmo, key: str, words: str) -> None:
    done = connect(jemmo, key)
    assert_explained(done, 4, words)
    assert not key or key not in done.err


def test_a_host_that_cannot_be_reached(jemmo: Jemmo, database_url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = connect(jemmo, "some-key-0123456789", "--base-url", f"http://127.0.0.1:{port}")
    assert_explained(done, 5, "can't reach")
    assert nothing_was_kept(database_url)


def test_a_host_that_does_not_exist(jemmo: Jemmo) -> None:
    done = connect(jemmo, "some-key-0123456789", "--base-url", "http://nowhere.invalid")
    assert_explained(done, 5, "can't reach")


def test_a_host_without_tls(jemmo: Jemmo, ats: Ats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    address = ats.base_url.replace("http://", "https://")
    assert_explained(
        connect(jemmo, "some-key-0123456789", "--base-url", address), 4, "certificate is not valid"
    )


@pytest.mark.parametrize("fault", ["html=1", "cut_json=1", "truncated=1", "flaky5xx=1"])
def test_an_ats_with_nonsensical_responses(
    jemmo: Jemmo, open_ats: Open, database_url: str, fault: str
) -> None:
    ats = open_ats(faults=fault)
    assert_explained(connect(jemmo, ats.key, "--base-url", ats.base_url), 5)
    assert nothing_was_kept(database_url)


def test_an_unknown_api_version(jemmo: Jemmo, ats: Ats) -> None:
    more = ("--base-url", ats.base_url, "--option", "api_version=19990101")
    assert_explained(connect(jemmo, ats.key, *more), 4, "406", "api_version")


@pytest.mark.parametrize(
    "option",
    [
        *("page_size=31", "page_size=x", "region=mars", "colour=red"),
        *("full_sweep_cron=0 0 30 2 *", "full_sweep_cron=0 25 * * 6"),
    ],
)
def test_an_impossible_option(jemmo: Jemmo, option: str) -> None:
    done = connect(jemmo, "some-key-0123456789", "--option", option)
    assert_explained(done, 4, option.partition("=")[0])


def test_an_option_without_a_value(jemmo: Jemmo) -> None:
    assert_explained(connect(jemmo, "k", "--option", "pacing"), 4, "NAME=VALUE")


@pytest.mark.parametrize("address", ["api.example.com", "ftp://x", "http://u:p@x", "http://x?y"])
def test_an_invalid_address(jemmo: Jemmo, address: str) -> None:
    done = connect(jemmo, "some-key-0123456789", "--base-url", address)
    assert_explained(done, 4, "address")


def test_an_unknown_provider(jemmo: Jemmo) -> None:
    done = jemmo("connect", "nobody", "--org", "acme", "--key-stdin", stdin="k")
    assert_explained(done, 4, "connector “nobody” doesn't exist", "teamtailor")


def test_a_missing_key(jemmo: Jemmo) -> None:
    assert_explained(jemmo("connect", "teamtailor", "--org", "acme"), 4, "missing", "--key-stdin")


@pytest.mark.parametrize("org", ["a b", "../x", "é", "x" * 61])
def test_an_invalid_short_name(jemmo: Jemmo, ats: Ats, org: str) -> None:
    words = ("connect", "teamtailor", "--org", org, "--key-stdin", "--base-url", ats.base_url)
    assert_explained(jemmo(*words, stdin=ats.key), 4, "short name")


@pytest.mark.parametrize("command", ["sync", "verify", "status", "export"])
def test_an_unknown_organization(jemmo: Jemmo, ats: Ats, command: str) -> None:
    jemmo.connect(ats)
    words = ("export", "jobs") if command == "export" else (command,)
    assert_explained(
        jemmo(*words, "--org", "nobody"), 4, "organization “nobody” doesn't exist", "acme"
    )


def test_a_sync_that_cannot_start_still_prints_its_object(jemmo: Jemmo) -> None:
    done = jemmo("sync", "--org", "nobody", "--json")
    assert_explained(done, 4)
    assert done.last["status"] == "failed"
    assert done.last["error"]["code"] == "unknown_organisation"
    assert done.last["streams"] == {}


@pytest.mark.parametrize("connection", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_connection(jemmo: Jemmo, ats: Ats, connection: str) -> None:
    jemmo.connect(ats)
    for command in ("sync", "logs"):
        done = jemmo(command, "--org", "acme", "--connection", connection)
        assert_explained(done, 4, "connection doesn't exist")


def test_an_organization_without_an_ats(jemmo: Jemmo, ats: Ats, database_url: str) -> None:
    jemmo("user", "add", "ada@example.org", "--org", "empty")
    assert_explained(jemmo("sync", "--org", "empty"), 4, "No ATS is connected", "Connect an ATS")


def test_a_paused_connection(jemmo: Jemmo, ats: Ats, database_url: str) -> None:
    jemmo.connect(ats)
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE connection SET state = 'paused'")
    assert_explained(jemmo.sync(), 4, "paused", "Resume")


@pytest.fixture
def other_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    monkeypatch.setenv("JEMMO_KEYSET", f"{tmp_path}/other-keys.json")
    yield


def test_the_wrong_encryption_keys(jemmo: Jemmo, ats: Ats, request: pytest.FixtureRequest) -> None:
    jemmo.connect(ats)
    request.getfixturevalue("other_keys")
    assert_explained(jemmo.sync(), 4, "encryption keys", "JEMMO_KEYSET")


def test_an_unreachable_database(jemmo: Jemmo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/none")
    done = jemmo("sync", "--org", "acme", "--json")
    assert_explained(done, 4)
    assert "secret" not in done.err + done.out
    assert done.last["error"]["message"]


def test_an_unknown_role_and_an_invalid_address(jemmo: Jemmo) -> None:
    assert_explained(jemmo("user", "add", "ada", "--org", "acme"), 4, "email")
    words = ("user", "add", "ada@example.org", "--org", "acme", "--role", "emperor")
    assert_explained(jemmo(*words), 4, "emperor", "viewer")
