"""Each Postgres error that an operator may encounter has its own cause and next step."""

from __future__ import annotations

import pytest
from psycopg import errors

from jemmo.domain.database_errors import Refusal, refusal
from jemmo.domain.error_catalog import ERROR_CATALOG

MEANT = {
    "08000": "database_unavailable",
    "08006": "database_unavailable",
    "25006": "database_read_only",
    "25P03": "database_time_limit",
    "28000": "database_access",
    "28P01": "database_access",
    "3D000": "database_missing",
    "40001": "database_busy",
    "40P01": "database_busy",
    "53100": "database_disk_full",
    "53200": "database_out_of_memory",
    "53300": "database_connections",
    "53400": "database_limit",
    "55P03": "database_busy",
    "57014": "database_time_limit",
    "57P01": "database_restarting",
    "57P02": "database_restarting",
    "57P03": "database_restarting",
    "57P04": "database_missing",
    "57P05": "database_time_limit",
    "58030": "database_system",
    "XX001": "database_damaged",
}
OURS = ("22001", "23505", "25P02", "42501", "42P01", "54000", "XX000")
"""States that only a bug of ours can cause."""

CONNECTING = {
    "FATAL:  sorry, too many clients already": "database_connections",
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute": (
        "database_connections"
    ),
    'FATAL:  too many connections for role "jemmo"': "database_connections",
    "FATAL:  no more connections allowed (max_client_conn)": "database_connections",
    "FATAL:  MaxClientsInSessionMode: max clients reached": "database_connections",
    "FATAL:  the database system is starting up": "database_restarting",
    "FATAL:  the database system is shutting down": "database_restarting",
    "FATAL:  the database system is in recovery mode": "database_restarting",
    "FATAL:  the database system is not yet accepting connections": "database_restarting",
    'FATAL:  password authentication failed for user "jemmo"': "database_access",
    'FATAL:  no pg_hba.conf entry for host "192.0.2.1"': "database_access",
    'FATAL:  role "jemmo" is not permitted to log in': "database_access",
    'FATAL:  database "jemmo" does not exist': "database_missing",
    "session is not read-write": "database_read_only",
    "couldn't get a connection after 4.00 sec": "database_occupied",
    "Connection refused Is the server running on that host?": "database_unavailable",
    "": "database_unavailable",
}


@pytest.mark.parametrize(("state", "code"), MEANT.items())
def test_a_state_has_its_meaning(state: str, code: str) -> None:
    known = refusal(state)
    assert known
    assert known == code


@pytest.mark.parametrize("state", OURS)
def test_our_own_errors_are_not_blamed_on_the_server(state: str) -> None:
    assert refusal(state) is None


@pytest.mark.parametrize(("words", "code"), CONNECTING.items())
def test_connection_errors_are_recognized_by_their_text(words: str, code: str) -> None:
    known = refusal(None, words)
    assert known
    assert known == code


def test_every_operational_error_that_the_driver_knows_is_explained_or_ours() -> None:
    states = {
        kind.sqlstate
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.OperationalError) and kind.sqlstate
    }
    unexplained = {state for state in states if refusal(state) is None}

    # Triggers, routines, savepoints, program limits, foreign data: only our own statements can cause these.
    assert {state[:2] for state in unexplained} <= {"27", "2F", "38", "39", "3B", "54", "55", "HV"}
    assert {state for state in unexplained if state[:2] == "55"} == {
        "55000",
        "55006",
        "55P02",
        "55P04",
    }


@pytest.mark.parametrize("known", Refusal)
def test_the_catalog_has_its_text(known: Refusal) -> None:
    assert known in ERROR_CATALOG
    assert known.error().code == known


def test_server_messages_are_not_repeated() -> None:
    known = refusal(None, "Key (email)=(anna@example.com) already exists")
    assert known is Refusal.AWAY
    assert "anna" not in str(known.error().as_dict())
