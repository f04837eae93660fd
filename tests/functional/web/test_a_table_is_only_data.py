"""Read access to the tables is not enough to sign in, and write access is not enough to run code."""

from __future__ import annotations

import ast
import base64
import pickle
import re
from pathlib import Path
from typing import cast

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.db import connection
from django.test import Client
from fakes import letters
from fakes.dump import dump
from fakes.showcase import PASSWORD, Showcase

import jemmo
from jemmo.services.base.api_keys import open_key
from jemmo.services.webhooks import endpoints
from jemmo.store.db import sessions
from jemmo.store.db.cache import JsonCache
from jemmo.store.db.sessions import SessionStore
from jemmo.store.models import Account, Connection, Session
from jemmo.vault import default_vault

SOURCE = Path(jemmo.__file__).parent
RUNS = {"pickle", "shelve", "marshal", "dill", "yaml", "jsonpickle"}


class Boom:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (_exploded, ("run by a row",))


ran: list[str] = []


def _exploded(what: str) -> None:
    ran.append(what)


@pytest.mark.parametrize("encode", [lambda raw: base64.b64encode(raw).decode(), repr])
def test_a_pickle_in_the_cache_is_not_executed(database_url: str, encode: object) -> None:
    payload = encode(pickle.dumps(Boom()))  # type: ignore[operator]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cache_entry VALUES (%s, %s, now() + interval '1 hour')",
            [cache.make_key("trap"), payload],
        )
    assert cache.get("trap", "none") == "none"
    assert ran == []


def test_a_pickle_in_a_session_is_not_executed(database_url: str) -> None:
    store = SessionStore()
    store["who"] = "somebody"
    store.save()
    Session.objects.update(session_data=base64.b64encode(pickle.dumps(Boom())).decode())
    assert SessionStore(store.session_key).load() == {}
    assert ran == []


def test_no_module_executes_data() -> None:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}, path
            assert not RUNS & {name.split(".")[0] for name in names}, path


def test_the_cache_counts_and_expires(database_url: str) -> None:
    cache.set("list", [1.5, "a"], 60)
    assert cache.get("list") == [1.5, "a"]
    assert cache.add("list", 1, 60) is False
    cache.set("gone", 1, -1)
    assert cache.get("gone") is None
    assert cache.add("gone", 2, 60) is True
    assert cache.touch("gone", -1) is True
    assert cache.get("gone") is None
    counts = cast("JsonCache", cache)
    assert [counts.count("n", seconds=60, by=by) for by in (1, 0, 2)] == [1, 1, 3]
    assert counts.count("over", seconds=-1) == counts.count("over", seconds=-1) == 1
    assert cache.delete("list") is True
    cache.clear()
    assert cache.get("n") is None


def test_a_session_is_found_only_by_its_key(database_url: str) -> None:
    store = SessionStore()
    store["who"] = "somebody"
    store.save()
    key = str(store.session_key)

    assert SessionStore(key)["who"] == "somebody"
    row = Session.objects.get()
    assert SessionStore(row.session_key).load() == {}  # as someone with a stolen table would try
    row.session_key = sessions.hashed("x" * 32)
    row.save()
    assert (
        SessionStore("x" * 32).load() == {}
    )  # a row copied to another session key can't be decrypted
    store.delete()
    with pytest.raises(UpdateError):
        store.save()
    store.cycle_key()
    assert SessionStore(store.session_key)["who"] == "somebody"
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_a_dump_is_not_enough_to_sign_in(
    showcase: Showcase, database_url: str, served: None
) -> None:
    """No table contains any of the secrets that currently grant access."""
    secrets: dict[str, str] = {"password": PASSWORD}
    browser = Client()
    browser.post("/accounts/login/", {"login": "recruiter@acme.example", "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secrets |= {name: morsel.value for name, morsel in browser.cookies.items()}
    secrets["totp being set up"] = _totp_secret(browser)
    account = Account.objects.get(email="recruiter@acme.example")
    secrets["totp"] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(account, secrets["totp"])
    browser.post("/accounts/2fa/recovery-codes/generate/", {})
    page = browser.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"\b\d{8}\b", page)
    assert codes
    secrets |= {f"recovery code {number}": code for number, code in enumerate(codes)}
    admin = Client()
    admin.force_login(showcase.person("admin"))
    admin.post("/settings/members/invite/", {"email": "new@acme.example", "role": "viewer"})
    secrets["mailed invitation"] = _last_link("/invitations/")
    shown = re.search(r"/invitations/([^/]+)/", admin.get("/settings/members/").content.decode())
    assert shown
    secrets["copied invitation"] = shown[1]
    Client().post("/accounts/password/reset/", {"email": "recruiter@acme.example"})
    secrets["reset"] = _last_link("/accounts/password/reset/key/")
    link = Connection.objects.get(org=showcase.org)
    secrets["API key"] = open_key(link, default_vault())
    address = endpoints.address(link, default_vault())
    secrets["webhook address"] = address.path.rstrip("/").rpartition("/")[2]

    tables = dump(database_url)
    assert "recruiter@acme.example" in tables["account"]
    for table, text in tables.items():
        assert [name for name, secret in secrets.items() if secret in text] == [], table


def _totp_secret(browser: Client) -> str:
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'value="([A-Z2-7]{32})"', page)
    assert found, page
    return found[1]


def _last_link(before: str) -> str:
    found = re.search(re.escape(before) + r"([^/\s]+)/", str(letters.sent()[-1].body))
    assert found
    return found[1]
