from __future__ import annotations

from typing import Any

import pytest

from jemmo import conninfo
from jemmo.domain.errors import ConfigError
from jemmo.settings import database as settings_of


def database(address: str) -> dict[str, Any]:
    return settings_of(address)


@pytest.mark.parametrize("password", ["p#w", "p?w", "p[w", "p]w", "p:w", "p&w=x", "p+w"])
def test_a_password_may_contain_characters_that_urls_cannot(password: str) -> None:
    found = database(f"postgresql://me:{password}@db.test:6000/ats")
    assert found["PASSWORD"] == password
    assert (found["USER"], found["HOST"], found["PORT"], found["NAME"]) == (
        *("me", "db.test", "6000"),
        "ats",
    )


@pytest.mark.parametrize(
    "password", ["100%", "p%zz", "p@w", "p/w", "1/w", "p w", "%%", "s%ecret/with@all"]
)
def test_a_password_that_must_be_encoded_is_reported_but_not_shown(password: str) -> None:
    with pytest.raises(ConfigError) as raised:
        conninfo.parse(f"postgresql://me:{password}@db.test/ats")
    assert "ercent-encode" in raised.value.next_step
    assert password not in raised.value.message + raised.value.next_step.replace("%25", "")


def test_keywords_and_several_hosts() -> None:
    found = database("host=db.test port=6000 dbname=ats user=me password='a b' sslmode=require")
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("db.test", "6000", "a b")
    assert found["OPTIONS"]["sslmode"] == "require"
    several = database("postgresql://me@a.test:1,b.test:2/ats?target_session_attrs=read-write")
    assert (several["HOST"], several["PORT"]) == ("a.test,b.test", "1,2")
    assert several["OPTIONS"]["target_session_attrs"] == "read-write"


def test_a_socket() -> None:
    found = database("postgresql://me:x@/ats?host=/run/jemmo@home/pg&port=5433")
    assert (found["HOST"], found["PORT"]) == ("/run/jemmo@home/pg", "5433")


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("mysql://me:secret@db.test/ats", "postgresql://USER"),
        ("postgresql+psycopg://me:secret@db.test/ats", "postgresql://USER"),
        ("db.test/secret", "postgresql://USER"),
        ("postgresql://me:secret@db.test/ats?pgbouncer=true", "pgbouncer=true"),
    ],
)
def test_an_invalid_address_is_reported_but_not_shown(address: str, step: str) -> None:
    with pytest.raises(ConfigError) as raised:
        conninfo.parse(address)
    assert step in raised.value.next_step
    assert "secret" not in raised.value.message + raised.value.next_step


def test_one_part_can_be_changed() -> None:
    address = "postgresql://me:a%2Fb@db.test/ats?sslmode=require&options=-c%20x.y%3D1"
    changed = conninfo.changed(address, user="you", options=None)
    assert conninfo.parse(changed) == {
        "user": "you",
        "password": "a/b",
        "host": "db.test",
        "dbname": "ats",
        "sslmode": "require",
    }
