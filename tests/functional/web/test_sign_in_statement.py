"""A request loads the session, account and memberships in one statement, with the same rules as Django."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.utils import timezone
from fakes.showcase import Showcase

from jemmo.store.accounts import members
from jemmo.store.db import scope
from jemmo.store.db.sessions import hashed
from jemmo.store.db.sign_ins import find_sign_in
from jemmo.store.models import Account, Membership, Organisation, Role, Session

PAGE = "/notifications/"


def is_let_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_one_statement_identifies_the_signed_in_person(recruiter: Client) -> None:
    statements: list[str] = []

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        assert is_let_in(recruiter)
    tables = ("session", "account", "membership")
    reads = [
        sql
        for sql in statements
        if any(re.search(rf'(FROM|JOIN) "?{name}\b', sql) for name in tables)
    ]
    assert len(reads) == 1, reads


def test_it_reads_the_same_data_as_djangos_statements(
    recruiter: Client, showcase: Showcase
) -> None:
    with scope.acting_in(scope.EVERYTHING):
        sign_in = find_sign_in(hashed(recruiter.cookies[settings.SESSION_COOKIE_NAME].value))
        assert sign_in is not None
        account = Account.objects.get(sessions=sign_in.session)
        assert sign_in.account is not None
        assert vars(sign_in.account).keys() == vars(account).keys()
        for field in Account._meta.concrete_fields:
            assert getattr(sign_in.account, field.attname) == getattr(account, field.attname)
        expected = members.memberships(account)
        assert sign_in.memberships == expected
        for read, known in zip(sign_in.memberships, expected, strict=True):
            for model, mine, theirs in (
                (Membership, read, known),
                (Organisation, read.org, known.org),
            ):
                for field in model._meta.concrete_fields:
                    assert getattr(mine, field.attname) == getattr(theirs, field.attname)


def test_a_membership_awaiting_proof_of_the_address_is_omitted(recruiter: Client) -> None:
    with scope.acting_in(scope.EVERYTHING):
        key = hashed(recruiter.cookies[settings.SESSION_COOKIE_NAME].value)
        account = Account.objects.get(sessions=key)
        account.verified_email = account.email
        account.save(update_fields=["verified_email"])
        elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
        Membership.objects.create(account=account, org=elsewhere, role=Role.VIEWER)
        sign_in = find_sign_in(key)
        assert sign_in is not None
        assert len(sign_in.memberships) == 2
        Account.objects.filter(pk=account.pk).update(verified_email="", confined_to=elsewhere)
        sign_in = find_sign_in(key)
        assert sign_in is not None
        assert [membership.org for membership in sign_in.memberships] == [elsewhere]


def test_changed_passwords_inactive_accounts_and_expired_sessions_are_refused(
    recruiter: Client,
) -> None:
    key = hashed(recruiter.cookies[settings.SESSION_COOKIE_NAME].value)
    assert is_let_in(recruiter)
    with scope.acting_in(scope.EVERYTHING):
        account = Account.objects.get(sessions=key)
        Account.objects.filter(pk=account.pk).update(is_active=False)
    assert not is_let_in(recruiter)
    with scope.acting_in(scope.EVERYTHING):
        Account.objects.filter(pk=account.pk).update(is_active=True)
    assert is_let_in(recruiter)
    with scope.acting_in(scope.EVERYTHING):
        Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_let_in(recruiter)


def test_a_password_set_elsewhere_ends_the_session(recruiter: Client) -> None:
    key = hashed(recruiter.cookies[settings.SESSION_COOKIE_NAME].value)
    with scope.acting_in(scope.EVERYTHING):
        account = Account.objects.get(sessions=key)
        account.set_password("a different one, 2026")
        account.save(update_fields=["password"])
    assert not is_let_in(recruiter)


@pytest.mark.parametrize("name", [SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY])
def test_an_incomplete_session_is_refused(recruiter: Client, name: str) -> None:
    with scope.acting_in(scope.EVERYTHING):
        session = recruiter.session
        del session[name]
        session.save()
    assert not is_let_in(recruiter)
