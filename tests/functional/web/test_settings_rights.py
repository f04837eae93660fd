"""Who may do what in the settings, and what happens when sessions end or two people act at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from fakes.showcase import Showcase

from jemmo.domain.brake import error_of
from jemmo.domain.rules import RULES
from jemmo.services.connections import connections
from jemmo.services.records import rules
from jemmo.store.models import (
    Application,
    Connection,
    ConnectionState,
    HeldDeletion,
    Job,
    Lease,
    Organisation,
    Talent,
)
from jemmo.web.frame import problems

SignedIn = Callable[[str], Client]
ACTIONS = (
    *("sync", "compare", "resync", "pause", "resume", "test", "key", "revoked", "edit"),
    *("disconnect", "plan", "deletions/talents", "webhooks"),
)
OF_WEBHOOKS = tuple(f"webhooks/{one}" for one in ("address", "renew", "key", "replay"))
MARKUP = '<script>alert("label")</script>'


def connection_of(org: Organisation) -> Connection:
    return Connection.objects.get(org=org)


def path(connection: Connection, action: str = "") -> str:
    return f"/settings/organization/ats/{connection.id}/{f'{action}/' if action else ''}"


@pytest.fixture
def ours(showcase: Showcase) -> Connection:
    found = connection_of(showcase.org)
    missing = list(Talent.objects.filter(connection=found).values_list("remote_id", flat=True))
    held = {"stream": "talents", "missing": 60, "present": 64, "remote_ids": missing}
    HeldDeletion.objects.create(connection=found, **held)
    return found


@pytest.mark.sample(1)
@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_members_can_read_but_not_act(ours: Connection, signed_in: SignedIn, role: str) -> None:
    member = signed_in(role)

    for address in (
        "/settings/organization/ats/",
        path(ours),
        path(ours, "card"),
        "/settings/logs/",
    ):
        page = member.get(address)
        assert page.status_code == 200
        assert "/disconnect/" not in page.content.decode()
    for address in (
        *(path(ours, action) for action in (*ACTIONS, *OF_WEBHOOKS)),
        *(
            "/settings/organization/ats/connect/",
            "/settings/organization/ats/connect/teamtailor/",
            "/settings/organization/ats/rules/",
        ),
    ):
        assert member.get(address).status_code == 404, address
        assert member.post(address).status_code == 404, address
    assert Connection.objects.get(id=ours.id).state == ConnectionState.ACTIVE


@pytest.mark.sample(1)
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_managers_have_every_page(ours: Connection, signed_in: SignedIn, role: str) -> None:
    manager = signed_in(role)

    for address in (
        *(path(ours, action) for action in ACTIONS if action != "plan"),
        *(
            "/settings/organization/ats/connect/",
            "/settings/organization/ats/connect/jarvi/",
            "/settings/organization/ats/rules/",
        ),
    ):
        assert manager.get(address).status_code == 200, address
    assert manager.get("/settings/organization/ats/connect/nothing/").status_code == 404


def test_another_organization_is_invisible(
    ours: Connection, showcase: Showcase, served: None
) -> None:
    client = Client()
    client.force_login(showcase.person("outsider"))

    for address in (path(ours), path(ours, "card"), *(path(ours, action) for action in ACTIONS)):
        assert client.get(address).status_code == 404, address
        assert client.post(address).status_code == 404, address
    assert client.get("/settings/logs/", {"connection": str(ours.id)}).status_code == 200
    assert Connection.objects.get(id=ours.id).state == ConnectionState.ACTIVE


def test_signing_in_again_returns_to_the_question(ours: Connection, signed_in: SignedIn) -> None:
    """Nothing is done; after sign-in, the page asks again instead of failing because of the missing form."""
    admin = signed_in("admin")
    admin.logout()

    answer = admin.post(path(ours, "pause"))

    assert answer.status_code == 302
    assert answer["Location"].endswith(f"next={path(ours, 'pause')}")
    assert Connection.objects.get(id=ours.id).state == ConnectionState.ACTIVE
    again = signed_in("admin").get(path(ours, "pause"))
    assert again.status_code == 200
    assert '<form method="post"' in again.content.decode()


def test_every_action_needs_the_forms_token(
    ours: Connection, showcase: Showcase, served: None
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(showcase.person("admin"))

    for action in (*ACTIONS, *OF_WEBHOOKS):
        assert strict.post(path(ours, action)).status_code == 403, action


def test_a_webhook_address_is_only_in_the_response_that_shows_it(
    ours: Connection, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    shown = admin.post(path(ours, "webhooks/address")).content.decode()
    found = re.search(r'value="(http://testserver/hooks/[\w-]{43}/)"', shown)
    assert found

    for one in OF_WEBHOOKS:
        opened = admin.get(path(ours, one), follow=True)
        assert opened.status_code == 200
        assert found[1] not in opened.content.decode()
    empty = admin.post(path(ours, "webhooks/replay"), {"hours": "24"}, follow=True)
    assert "Webhooks replayed: 0. Records being refetched: 0." in empty.content.decode()
    Connection.objects.filter(pk=ours.pk).update(state="paused")
    paused = admin.post(path(ours, "webhooks/replay"), {"hours": "24"}, follow=True)
    assert "Records to be refetched once the connection is active: 0." in paused.content.decode()
    Organisation.objects.filter(pk=ours.org_id).update(deleted_at=datetime.now(UTC))
    leaving = admin.post(path(ours, "webhooks/replay"), {"hours": "24"}, follow=True)
    assert "Nothing is refetched while this organization" in leaving.content.decode()
    odd = admin.post(path(ours, "webhooks/replay"), {"hours": "9999"}, follow=True)
    assert "replayed:" not in odd.content.decode()


def test_an_ats_without_webhooks_has_no_page_for_them(
    ours: Connection, signed_in: SignedIn
) -> None:
    Connection.objects.filter(id=ours.id).update(provider="template")

    assert signed_in("admin").get(path(ours, "webhooks")).status_code == 404
    assert "/webhooks/" not in signed_in("admin").get(path(ours)).content.decode()


def test_pausing_twice_is_pausing_once(ours: Connection, signed_in: SignedIn) -> None:
    first, second = signed_in("owner"), signed_in("admin")

    assert "Paused" in first.post(path(ours, "pause"), follow=True).content.decode()
    assert "already" in second.post(path(ours, "pause"), follow=True).content.decode()
    refused = first.post(path(ours, "sync")).content.decode()
    assert "The connection is paused." in refused
    assert (
        "Automatic syncs resumed" in second.post(path(ours, "resume"), follow=True).content.decode()
    )
    assert "weren&#x27;t paused" in first.post(path(ours, "resume"), follow=True).content.decode()


def test_the_second_of_two_edits_gets_a_warning(ours: Connection, signed_in: SignedIn) -> None:
    given = {
        "seen": connections.connection_fingerprint(ours),
        "sync_every_hours": "4",
        **{f"option_{one.name}": one.default for one in _options()},
        "option_pacing": "off",
    }
    owner, admin = signed_in("owner"), signed_in("admin")

    saved = owner.post(path(ours, "edit"), {**given, "label": MARKUP}, follow=True)
    late = admin.post(path(ours, "edit"), {**given, "label": "Mine"})

    assert "Saved." in saved.content.decode()
    assert MARKUP not in saved.content.decode()
    assert "Someone else made a change in the meantime" in late.content.decode()
    ours.refresh_from_db()
    assert (ours.label, ours.sync_every_hours) == (MARKUP, 4)


def test_the_second_of_two_rule_changes_gets_a_warning(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    given = {"seen": rules.rules_fingerprint(showcase.org), "hired_days": 90}
    everything_but_drafts = {**given, **dict.fromkeys(_boxes("job_draft"), "on")}

    saved = signed_in("owner").post(
        "/settings/organization/ats/rules/", everything_but_drafts, follow=True
    )
    late = signed_in("admin").post("/settings/organization/ats/rules/", given)

    assert "Saved. This change made 1 record appear or disappear." in saved.content.decode()
    assert "Someone else made a change in the meantime" in late.content.decode()
    assert showcase.job("draft").excluded_reason is None
    assert showcase.job("archived").excluded_reason == "job_archived"


def test_rules_show_and_hide_at_once_what_is_stored(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page = admin.get("/settings/organization/ats/rules/").content.decode()
    assert page.count("1 record stored in Jemmo matches this rule.") == 4

    admin.post(
        "/settings/organization/ats/rules/",
        {"seen": rules.rules_fingerprint(showcase.org), "hired_days": 90},
    )
    assert not Job.objects.filter(org=showcase.org).exclude(excluded_reason=None).exists()
    assert not Talent.objects.filter(org=showcase.org).exclude(excluded_reason=None).exists()
    assert "Idle Person" in admin.get("/talents/", {"q": "idle"}).content.decode()

    showcase.org.refresh_from_db()
    boxes = dict.fromkeys(_boxes(), "on")
    admin.post(
        "/settings/organization/ats/rules/",
        {"seen": rules.rules_fingerprint(showcase.org), "hired_days": 90, **boxes},
    )
    hidden = {
        (one.remote_id, one.excluded_reason)
        for model in (Job, Talent)
        for one in model.objects.filter(org=showcase.org).exclude(excluded_reason=None)
    }
    assert hidden == {
        ("draft", "job_draft"),
        ("archived", "job_archived"),
        ("archived", "talent_archived"),
        ("idle", "no_active_application"),
    }


def test_disconnecting_takes_the_lease_of_a_running_sync(
    ours: Connection, signed_in: SignedIn
) -> None:
    Lease.objects.create(
        connection=ours, token=ours.id, expires_at=datetime.max.replace(tzinfo=UTC)
    )
    name = ours.label or ours.provider

    wrong = signed_in("admin").post(path(ours, "disconnect"), {"fate": "keep", "name": "x"})
    assert "The name doesn&#x27;t match." in wrong.content.decode()
    assert Lease.objects.filter(connection=ours).exists()

    signed_in("admin").post(path(ours, "disconnect"), {"fate": "keep", "name": name})
    ours.refresh_from_db()
    assert (ours.state, bytes(ours.sealed_key)) == (ConnectionState.DISCONNECTED, b"")
    assert not Lease.objects.filter(connection=ours).exists()


def test_paused_deletions_are_listed_and_can_be_kept(ours: Connection, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    page = admin.get(path(ours, "deletions/talents")).content.decode()
    assert (
        "We paused 60 deletions. Teamtailor no longer lists 60 of 64 talents. "
        "Review these records before we remove anything."
    ) in page
    assert "Élodie Müller" in page
    covered = Application.objects.filter(connection=ours, remote_deleted_at=None).count()
    assert (
        f"This decision also covers {covered} applications linked to these talents and jobs."
        in page
    )
    assert '<script>alert("name")' not in page

    for missing in ("3", "9" * 5000, "", "٣"):
        posted = {"decision": "release", "missing": missing}
        stale = admin.post(path(ours, "deletions/talents"), posted)
        assert "The paused deletions have changed" in stale.content.decode()
    admin.post(path(ours, "deletions/talents"), {"decision": "release", "missing": "60"})
    assert HeldDeletion.objects.get(connection=ours).released_at is not None
    admin.post(path(ours, "deletions/talents"), {"decision": "keep"})
    assert not HeldDeletion.objects.filter(connection=ours, closed_at=None).exists()
    decided = admin.get(path(ours, "deletions/talents"), follow=True)
    assert decided.redirect_chain[-1][0] == path(ours, "")
    assert "already" in decided.content.decode()


def test_talents_and_their_applications_are_decided_together(
    ours: Connection, signed_in: SignedIn
) -> None:
    HeldDeletion.objects.create(connection=ours, stream="applications", missing=70, present=90)
    HeldDeletion.objects.create(connection=ours, stream="users", missing=4, present=5)
    admin = signed_in("admin")
    said = (
        "We paused 130 deletions. Teamtailor no longer lists 60 of 64 talents and "
        "70 of 90 applications. Review these records before we remove anything."
    )
    assert said in admin.get(path(ours, "deletions/talents")).content.decode()

    seen_alone = {"decision": "release", "missing": "60"}
    stale = admin.post(path(ours, "deletions/talents"), seen_alone)
    assert "The paused deletions have changed" in stale.content.decode()
    admin.post(path(ours, "deletions/talents"), {"decision": "release", "missing": "130"})

    released = HeldDeletion.objects.filter(connection=ours).exclude(released_at=None)
    assert set(released.values_list("stream", flat=True)) == {"talents", "applications"}
    card = admin.get(path(ours, "card")).content.decode()
    assert "We paused 4 deletions. Teamtailor no longer lists 4 of 5 recruiters." in card
    assert "Deletion confirmed. 0 records will be deleted" in card


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "We paused 1,245 deletions. Agency no longer lists 45 of 60 talents and 1,200 of"),
        ("fr", "Nous avons suspendu 1"),
    ],
)
def test_a_pause_is_shown_in_the_readers_language(language: str, said: str) -> None:
    paused = [
        {"stream": "talents", "missing": 45, "present": 60, "recent": 0},
        {"stream": "applications", "missing": 1200, "present": 2000, "recent": 3},
    ]
    with translation.override(language):
        error = problems.localized_error(
            {**error_of(paused, {"jobs": 2}, connection="Agency"), "connection": "Agency"}
        )
    assert error["message"].startswith(said)
    if language == "fr":
        assert "45 des 60 talents et 1" in error["message"]
        assert "Supprimés lors de cette synchronisation : postes (2)." in error["message"]


def test_a_name_of_ten_thousand_letters_is_truncated(ours: Connection, signed_in: SignedIn) -> None:
    Talent.objects.filter(remote_id="elodie").update(first_name="é" * 10_000)
    Connection.objects.filter(id=ours.id).update(label="x" * 200, account_name="y" * 300)
    admin = signed_in("admin")

    for address in (path(ours), path(ours, "deletions/talents"), "/settings/why/?q=elodie"):
        page = admin.get(address).content.decode()
        assert "é" * 200 not in page
        assert "y" * 200 not in page


def _options() -> tuple[Any, ...]:
    from jemmo.connectors.registry import CONNECTORS

    return CONNECTORS["teamtailor"].options


def _boxes(*without: str) -> list[str]:
    return [one.value for one in RULES if one.value not in without]


def test_data_quality_lists_duplicates_and_broken_links(
    ours: Connection, showcase: Showcase, signed_in: SignedIn
) -> None:
    Talent.objects.filter(remote_id="filler-01").update(first_name="elodie", last_name="MULLER")
    Job.objects.filter(remote_id="sales").update(title="developpeuse full-stack (H/F)")
    Job.objects.filter(remote_id="closed").update(department=None)
    admin = signed_in("admin")

    page = admin.get("/settings/quality/").content.decode()

    assert page.count(f"/talents/{showcase.talent('elodie').id}/") == 1
    assert f"/talents/{showcase.talent('filler-01').id}/" in page
    assert "developpeuse full-stack (H/F)" in page
    assert "Departments: 1" in page
    assert "not compared" in page
    assert signed_in("recruiter").get("/settings/quality/").status_code == 404


def test_a_release_is_undone_if_no_sync_can_run(ours: Connection, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    admin.post(path(ours, "pause"))

    page = admin.post(path(ours, "deletions/talents"), {"decision": "release", "missing": "60"})

    assert "The connection is paused." in page.content.decode()
    assert HeldDeletion.objects.get(connection=ours).released_at is None


def test_an_old_key_causes_a_reminder(ours: Connection, signed_in: SignedIn) -> None:
    now = datetime.now(UTC)
    admin = signed_in("admin")
    for change, said in (
        ({"key_set_at": now - timedelta(days=91)}, "The API key is 91 days old."),
        ({"key_expires_at": now + timedelta(days=9, hours=1)}, "The API key expires in 9 days."),
        ({"key_expires_at": now - timedelta(days=1)}, "The API key has expired."),
        ({"old_key_hint": "9999"}, "The old key ••••9999 may still work."),
    ):
        assert said not in admin.get("/settings/organization/ats/").content.decode()
        Connection.objects.filter(id=ours.id).update(**change)
        assert said in admin.get("/settings/organization/ats/").content.decode()
    admin.post(path(ours, "revoked"))
    assert "••••9999" not in admin.get("/settings/organization/ats/").content.decode()
