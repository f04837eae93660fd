"""Every URL with every role. A URL that is missing here fails the first test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from fakes.kept import keep
from fakes.pictures import png
from fakes.showcase import Showcase
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from jemmo.services.accounts import tokens
from jemmo.services.base.contexts import picture_context
from jemmo.services.files import stored_files
from jemmo.services.outgoing import endpoints
from jemmo.services.outgoing.endpoints import Choice
from jemmo.store.models import (
    Connection,
    Erasure,
    FileVersion,
    HeldDeletion,
    Invitation,
    Job,
    Membership,
    Notification,
    OrganisationDeletion,
    SupportMessage,
    SupportPicture,
    SupportThread,
    Talent,
)
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]

ANONYMOUS, MEMBER, RECRUITER, MANAGER = "anonymous", "viewer", "recruiter", "admin"
ROLES = ("viewer", "recruiter", "admin", "owner")

WHO: dict[str, str] = {
    **dict.fromkeys(("healthz", "readyz", "metrics", "set_language"), ANONYMOUS),
    **dict.fromkeys(("home", "favicon", "first_owner", "invitation", "events", "theme"), ANONYMOUS),
    **dict.fromkeys(("settings", "organization", "old_ats", "old_ats_page"), ANONYMOUS),
    **dict.fromkeys(("jobs", "job", "talents", "talent", "why", "profile"), MEMBER),
    **dict.fromkeys(("ats", "ats_connection", "ats_card", "ats_progress"), MEMBER),
    **dict.fromkeys(("sync_run", "sync_icon"), MEMBER),
    **dict.fromkeys(("logs", "logs_csv", "logs_jsonl", "members", "member_remove"), MEMBER),
    **dict.fromkeys(("notification_list", "notification_toast", "notifications"), MEMBER),
    **dict.fromkeys(("bell", "notifications_read", "sync_status", "organisation"), MEMBER),
    **dict.fromkeys(
        (
            "help",
            "guides",
            "demo",
            "help_thread",
            "help_badge",
            "help_picture",
            "screenshot",
            "refresh",
        ),
        MEMBER,
    ),
    **dict.fromkeys(("no_organisation",), MEMBER),
    **dict.fromkeys(("file", "file_link", "file_image", "file_bytes"), RECRUITER),
    **dict.fromkeys(("ats_choose", "ats_connect", "ats_rules", "ats_plan", "ats_sync"), MANAGER),
    **dict.fromkeys(("ats_compare", "ats_resync", "ats_pause", "ats_resume"), MANAGER),
    **dict.fromkeys(("ats_test", "ats_key", "ats_revoked", "ats_edit"), MANAGER),
    **dict.fromkeys(("ats_webhooks", "ats_webhook_address", "ats_webhook_renew"), MANAGER),
    **dict.fromkeys(("ats_webhook_key", "ats_webhook_replay"), MANAGER),
    **dict.fromkeys(("ats_disconnect", "ats_deletions", "quality"), MANAGER),
    **dict.fromkeys(("member_invite", "member_role", "invitation_revoke", "schedule"), MANAGER),
    **dict.fromkeys(("member_confidential", "member_notes"), MANAGER),
    **dict.fromkeys(("api_tokens", "api_token_create", "api_token_revoke"), MANAGER),
    **dict.fromkeys(("endpoints", "endpoint_create", "endpoint", "endpoint_edit"), MANAGER),
    **dict.fromkeys(("endpoint_test", "endpoint_rotate", "endpoint_old_secret"), MANAGER),
    **dict.fromkeys(("endpoint_switch", "endpoint_replay", "endpoint_delete"), MANAGER),
    **dict.fromkeys(("talent_contact",), RECRUITER),
    **dict.fromkeys(("jobs_csv", "jobs_jsonl", "talents_csv", "talents_jsonl"), RECRUITER),
    **dict.fromkeys(("privacy", "privacy_person", "privacy_export", "privacy_erase"), MANAGER),
    **dict.fromkeys(("privacy_certificates", "privacy_certificate"), MANAGER),
    **dict.fromkeys(("privacy_certificate_file", "privacy_retention", "privacy_release"), MANAGER),
    **dict.fromkeys(("privacy_access", "access_csv", "privacy_processing", "record_md"), MANAGER),
    **dict.fromkeys(("privacy_organisation", "organisation_undo"), "owner"),
    **dict.fromkeys(("organisation_deleted", "organisation_certificate"), "owner"),
}
"""The lowest role that may open each URL; for lower ones, the page doesn't exist."""

POSTS = {"sync_icon": RECRUITER, "refresh": RECRUITER}
"""The lowest role that may post, where that is higher than for viewing; lower ones get a 403."""

FORBIDDEN = {
    *("file", "file_link", "file_image", "file_bytes"),
    *("jobs_csv", "jobs_jsonl", "talents_csv", "talents_jsonl"),
}
"""URLs that tell members about the missing right, since they see the file's name or the list anyway."""

OF_ITS_OWN = ("admin/", "accounts/", "api/", "mcp")
"""Django's and allauth's own pages, tested below as a whole, and URLs for programs, which have their own tests."""

WRONG_METHOD = 405
"""This response comes before the sign-in check and reveals nothing. Each URL has at least one method."""


def addresses() -> Iterator[tuple[str, str | None]]:
    def walk(resolver: Any, before: str) -> Iterator[tuple[str, str | None]]:
        for one in resolver.url_patterns:
            where = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from walk(one, where)
            else:
                yield where, one.name

    return walk(get_resolver(), "")


@pytest.fixture
def known(
    showcase: Showcase,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> dict[str, Any]:
    """A value for each URL parameter, all from the first company, in a demo."""
    settings.JEMMO_DEMO = True
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path))
    connection = Connection.objects.get(org=showcase.org)
    keep(database_url, showcase.talent("elodie"), b"A plain curriculum vitae.", tmp_path)
    HeldDeletion.objects.create(connection=connection, stream="talents", missing=60, present=64)
    invitation = Invitation.objects.create(
        org=showcase.org,
        email="new@acme.example",
        role="viewer",
        created_at=datetime.now(UTC),
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    told = Notification.objects.create(org=showcase.org, connection=connection, kind="sync_failed")
    version = FileVersion.objects.get(org=showcase.org)
    recruiter = Membership.objects.get(org=showcase.org, role="recruiter")
    now = datetime.now(UTC)
    thread = SupportThread.objects.create(
        org=showcase.org, account=recruiter.account, opened_at=now, last_at=now, read_at=now
    )
    made = tokens.create(showcase.org, ["records"], name="Warehouse", now=now)
    choice = Choice(name="Match", url="https://app.example.com/", events=["sync.late"])
    vault = default_vault()
    endpoint = endpoints.create(showcase.org, choice, vault=vault, now=now).endpoint
    message = SupportMessage.objects.create(pk=told.pk, thread=thread, at=now, body="Look")
    SupportPicture.objects.create(
        message=message,
        content_type="image/png",
        sealed=default_vault().seal(png(), picture_context(message.pk)),
    )
    return {
        "job_id": showcase.job("dev").id,
        "talent_id": showcase.talent("elodie").id,
        "connection_id": connection.id,
        "run_id": showcase.run().id,
        "version_id": version.id,
        "membership_id": recruiter.id,
        "invitation_id": invitation.id,
        "number": told.pk,
        "token_id": made.token.pk,
        "endpoint_id": endpoint.pk,
        "token": stored_files.link(recruiter, version.id),
        "kind": "talent",
        "record_id": showcase.talent("elodie").id,
        "provider": "teamtailor",
        "only": "jobs",
        "rest": "connect/",
        "erasure_id": Erasure.objects.create(org=showcase.org, removed={}, proof="").id,
        "deletion_id": OrganisationDeletion.objects.create(
            org=showcase.org,
            account=showcase.person("owner"),
            asked_at=datetime.now(UTC),
            due_at=datetime.now(UTC),
            finished_at=datetime.now(UTC),
        ).id,
        "stream": "talents",
    }


def path(name: str, known: dict[str, Any]) -> str:
    (_, wanted), *_ = get_resolver().reverse_dict.getlist(name)[0][0]
    return reverse(name, kwargs={one: known[one] for one in wanted})


def read(browser: Client, where: str) -> Any:
    """Return the response of a URL. Files are read to their end, since only a few may be sent at a time."""
    answer = browser.get(where)
    if answer.streaming:
        answer.getvalue()
    return answer


def asked(browser: Client, where: str) -> list[Any]:
    """Return the responses to the URL's methods."""
    answers = [read(browser, where), browser.post(where)]
    found = [one for one in answers if one.status_code != WRONG_METHOD]
    assert found, where
    return found


def test_every_address_is_in_the_matrix() -> None:
    named = {name for where, name in addresses() if not where.startswith(OF_ITS_OWN)}

    assert named == WHO.keys()


def test_every_page_requires_sign_in(known: dict[str, Any], served: None) -> None:
    for name, least in WHO.items():
        if least == ANONYMOUS:
            continue
        where = path(name, known)
        for answer in asked(Client(), where):
            assert answer.status_code == 302, (name, answer.status_code)
            assert answer["Location"].startswith("/accounts/login/"), name


@pytest.mark.sample("viewer", "owner")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_exactly_its_pages(
    known: dict[str, Any], signed_in: SignedIn, role: str
) -> None:
    browser = signed_in(role)
    for name, least in WHO.items():
        if least == ANONYMOUS or name == "no_organisation":
            continue
        where = path(name, known)
        if ROLES.index(role) >= ROLES.index(least):
            answer = read(browser, where)
            # Links and conversations belong to one person.
            own = name in ("file_bytes", "help_picture") and role != "recruiter"
            good = {404} if own else {200, 302, WRONG_METHOD}
            if name == "member_remove" and role == "viewer":
                good = {403}  # only allowed for oneself, but the URL names someone else
            assert answer.status_code in good, (name, answer.status_code)
            assert "/accounts/login/" not in answer.headers.get("Location", ""), name
            continue
        refused = 404 if name not in FORBIDDEN or name == "file_bytes" else 403
        for answer in asked(browser, where):
            assert answer.status_code == refused, (name, answer.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_post_exactly_where_it_may(
    known: dict[str, Any], signed_in: SignedIn, role: str
) -> None:
    for name, least in POSTS.items():
        allowed = ROLES.index(role) >= ROLES.index(least)
        answer = signed_in(role).post(path(name, known))
        assert answer.status_code == (302 if allowed else 403), name
    queued = {one.task_name for one in ProcrastinateJob.objects.all()}
    assert ("sync_connection" in queued) is (role != "viewer")


@pytest.mark.sample(2)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("given", [False, True])
def test_a_confidential_record_exists_only_for_people_with_the_right(
    known: dict[str, Any], showcase: Showcase, signed_in: SignedIn, role: str, given: bool
) -> None:
    """For everyone else, each of its URLs responds as if the record didn't exist."""
    Talent.objects.filter(remote_id="elodie").update(is_private=True)
    Job.objects.filter(remote_id="dev").update(visibility="CONFIDENTIAL")
    Membership.objects.filter(org=showcase.org).update(confidential=given)
    membership = Membership.objects.get(org=showcase.org, account=showcase.person(role))
    sees = given or role == "owner"
    browser = signed_in(role)
    of_them = {"job_id", "talent_id", "version_id", "record_id", "token"}
    never = {**known, **{name: uuid4() for name in of_them}, "token": "never-was"}
    if ROLES.index(role) >= ROLES.index(RECRUITER):
        known["token"] = stored_files.link(membership, known["version_id"])
    met = set()
    for name, least in WHO.items():
        where = path(name, known)
        if least == ANONYMOUS or where == path(name, never):
            continue
        met.add(name)
        answer, nothing = read(browser, where), read(browser, path(name, never))
        if not sees:
            assert answer.status_code == nothing.status_code, name
            assert b"elodie" not in answer.content.lower(), name
        elif ROLES.index(role) >= ROLES.index(least) and name != "file_bytes":
            assert answer.status_code in {200, 302, WRONG_METHOD}, (name, answer.status_code)
    assert met > {"job", "talent", "refresh", "file", "file_bytes", "privacy_person"}
    for where in ("/talents/?q=elodie", "/jobs/?q=full-stack", "/settings/why/?q=elodie"):
        page = browser.get(where).content.decode()
        assert (str(known["talent_id"]) in page or str(known["job_id"]) in page) is sees, where


def test_nothing_is_visible_to_another_organization(
    known: dict[str, Any], signed_in: SignedIn
) -> None:
    """404, as for pages that don't exist, so another organization's owner learns nothing."""
    outsider = signed_in("outsider")
    never = {**known, **{name: uuid4() for name in known if name.endswith("_id")}}
    never |= {"membership_id": 10**9, "number": 10**9, "token": "never-was"}
    for name, least in WHO.items():
        where = path(name, known)
        if least == ANONYMOUS or where == path(name, {**never, "provider": "teamtailor"}):
            continue
        for theirs, nothing in zip(
            asked(outsider, where), asked(outsider, path(name, never)), strict=True
        ):
            assert theirs.status_code == nothing.status_code, name
            assert theirs.status_code in {404, 204}, (name, theirs.status_code)


def test_support_pages_are_for_staff(
    known: dict[str, Any], showcase: Showcase, signed_in: SignedIn
) -> None:
    """Others are asked to sign in as staff. Staff see conversations, not talents."""
    owner = signed_in("owner")
    for where, _ in addresses():
        if where.startswith("admin/") and "<" not in where and "(" not in where:
            answer = owner.get(f"/{where}")
            assert answer.status_code in {302, 403, 404, WRONG_METHOD}, where


def test_account_pages_are_available_to_everyone(
    known: dict[str, Any], signed_in: SignedIn, served: None
) -> None:
    for browser in (Client(), signed_in("viewer")):
        for where, _ in addresses():
            if where.startswith("accounts/") and "(" not in where:
                assert browser.get(f"/{where}").status_code < 500, where
