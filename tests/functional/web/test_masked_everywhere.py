"""All outputs share one masking: for viewers, for people who withheld consent, and in screenshot mode.

Reads a talent with contact details in every free-text field through every output.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import pytest
from django.test import Client
from fakes.showcase import Showcase
from typer.testing import CliRunner

from jemmo import logs as jemmo_logs
from jemmo.cli.main import app
from jemmo.domain.disguise import Disguise
from jemmo.domain.errors import TransientError
from jemmo.domain.masking import HIDDEN
from jemmo.services.notifications import notifications
from jemmo.services.records import exports
from jemmo.store.models import (
    Application,
    Attachment,
    Connection,
    Delivery,
    Notification,
    Rejection,
    Role,
    SupportMessage,
    SyncRun,
    Talent,
)
from jemmo.store.records.text_masking import MAX_SHOWN_IN_ROW, MAX_TAGS_IN_ROW, show_texts
from jemmo.vault import default_vault
from jemmo.web.frame.screenshots import _change_of

SignedIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
ADDRESS, NUMBER = "someone.private@mail.example", "+33 6 00 00 00 42"
BOTH = f"{ADDRESS} or {NUMBER}"
SECRETS = (ADDRESS, NUMBER, "someone.private")


@pytest.fixture
def indiscreet(showcase: Showcase) -> Talent:
    talent = showcase.talent("elodie")
    run = showcase.run()
    Talent.objects.filter(id=talent.id).update(
        headline=BOTH,
        summary=BOTH,
        current_company=BOTH,
        current_title=BOTH,
        source=BOTH,
        source_url=f"https://boards.example/?who={ADDRESS}",
        tags=[ADDRESS],
        location={"raw": BOTH},
        custom_fields={
            "a": {"type": "email", "label": "Private", "value": ADDRESS},
            "b": {"type": "text", "label": "Notes", "value": BOTH},
        },
    )
    Application.objects.filter(talent=talent).update(
        source=BOTH, source_url=f"https://boards.example/?who={ADDRESS}"
    )
    Attachment.objects.filter(talent=talent).update(file_name=f"{ADDRESS}.pdf")
    error = TransientError("connection_lost", host=BOTH).as_record()
    SyncRun.objects.filter(id=run.id).update(
        status="failed",
        report={**run.report, "error": error, "status": "failed"},
    )
    Connection.objects.filter(org=showcase.org).update(last_error=error)
    Rejection.objects.create(
        connection=run.connection, stream="talents", remote_id=ADDRESS, code="bad", message=BOTH
    )
    Notification.objects.create(
        org=showcase.org,
        connection=run.connection,
        kind="sync_failed",
        facts={"error": error, "counts": {}},
    )
    return talent


def ways(talent: Talent, job_id: Any) -> Iterator[str]:
    """Return every URL whose response may name the person."""
    yield from (f"/talents/{talent.id}/", "/talents/", "/talents/?q=müller", f"/jobs/{job_id}/")
    yield from ("/settings/logs/", "/settings/logs/download.csv", "/settings/logs/download.jsonl")
    yield from (f"/settings/why/?q={talent.remote_id}", "/settings/why/?q=müller")
    yield from (
        "/notifications/",
        "/notifications/bell/",
        "/help/",
        "/status/",
        "/settings/organization/ats/",
    )


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return (b"".join(answer) if answer.streaming else answer.content).decode()


def withhold(talent: Talent) -> None:
    Talent.objects.filter(id=talent.id).update(consent_state="WITHDRAWN")


def test_no_page_shows_them_to_a_viewer(
    showcase: Showcase, indiscreet: Talent, viewer: Client
) -> None:
    for path in ways(indiscreet, showcase.job("dev").id):
        text = body(viewer, path)
        assert [one for one in SECRETS if one in text] == [], path


def test_nobody_sees_them_after_withdrawn_consent(
    showcase: Showcase, indiscreet: Talent, signed_in: SignedIn
) -> None:
    withhold(indiscreet)
    paths = [one for one in ways(indiscreet, showcase.job("dev").id) if "/settings/" not in one]
    why = [one for one in ways(indiscreet, showcase.job("dev").id) if "/why/" in one]
    for role in ("recruiter", "admin", "owner"):
        for path in paths[:4] + why:
            text = body(signed_in(role), path)
            assert [one for one in SECRETS if one in text] == [], (role, path)


def test_screenshot_mode_shows_it_to_nobody(
    showcase: Showcase, indiscreet: Talent, signed_in: SignedIn
) -> None:
    owner = signed_in("owner")
    owner.post("/preferences/screenshot/", {"screenshot": "on", "next": "/"})
    more = (
        f"/settings/privacy/people/{indiscreet.id}/",
        "/settings/privacy/access/",
        "/settings/privacy/processing/record.md",
    )
    for path in (*ways(indiscreet, showcase.job("dev").id), *more):
        text = body(owner, path)
        found = [one for one in (*SECRETS, "Müller", "acme.example") if one in text]
        assert found == [], path
    zipped = owner.post(f"/settings/privacy/people/{indiscreet.id}/export/")
    assert zipped.status_code == 409
    refused = owner.get("/settings/privacy/access/record.csv", follow=True)
    assert refused.redirect_chain[0][0] == "/settings/privacy/access/"
    assert "Turn off screenshot mode to download a list." in refused.content.decode()


def test_screenshot_mode_keeps_every_line_of_a_file_with_many_addresses() -> None:
    change = _change_of("text/plain", Disguise(b"secret"))
    assert change is not None
    lines = "".join(f"{number} ada{number}@example.org seen\n" for number in range(600))
    shown = change(lines.encode()).decode()
    assert shown == "".join(f"{number} user@example.com seen\n" for number in range(600))


@pytest.mark.parametrize("kind", ["talents", "applications", "resumes"])
def test_exports_contain_what_the_reader_may_see(
    showcase: Showcase, indiscreet: Talent, kind: str
) -> None:
    def told(role: Role | None) -> str:
        rows = exports.rows(showcase.org, kind, role=role, vault=default_vault())
        return json.dumps(list(rows), default=str, ensure_ascii=False)

    shown = {role: ADDRESS in told(role) for role in (Role.VIEWER, Role.RECRUITER, Role.OWNER)}
    assert shown == {Role.VIEWER: False, Role.RECRUITER: True, Role.OWNER: True}
    withhold(indiscreet)
    for role in Role:
        assert [one for one in SECRETS if one in told(role)] == [], role
    operators = told(None)
    assert ADDRESS in operators
    assert kind != "talents" or '"withheld": "consent_withdrawn"' in operators


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_command_exports_by_right(
    showcase: Showcase, indiscreet: Talent, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr("jemmo.bootstrap.start", lambda **_: "")

    def told(*words: str) -> str:
        given = ["export", "talents", "--org", "acme", "--format", form, *words]
        done = copy_context().run(
            CliRunner().invoke, app, given
        )  # a command sets the scope permanently
        assert done.exit_code == 0, done.output
        return done.stdout

    assert ADDRESS in told()
    assert ADDRESS in told("--as", "recruiter@acme.example")
    assert not [one for one in SECRETS if one in told("--as", "viewer@acme.example")]
    withhold(indiscreet)
    assert not [one for one in SECRETS if one in told("--as", "owner@acme.example")]


def test_emails_and_chat_messages_name_nobody(showcase: Showcase, indiscreet: Talent) -> None:
    one = Notification.objects.get(kind="sync_failed")
    on_its_way = [Delivery(notification=one, channel="email")]
    for channel in ("email", "chat"):
        text = notifications._text(channel, on_its_way)
        assert "was lost (…" in text
        assert [secret for secret in SECRETS if secret in text] == [], channel


def test_attachments_for_support_name_nobody(
    showcase: Showcase, indiscreet: Talent, recruiter: Client
) -> None:
    given = {"body": "Help", "attach": "on", "error": BOTH, "steps": f"/talents/?q={ADDRESS}"}
    recruiter.post("/help/", given, headers=HTMX)

    message = SupportMessage.objects.get()
    text = message.error + message.steps
    assert [one for one in SECRETS if one in text] == []
    assert "user@example.com" in text


def test_a_log_line_names_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    before = logging.getLogger().handlers, logging.getLogger().level
    try:
        jemmo_logs.setup()
        log = logging.getLogger("jemmo.test")
        log.error("it failed", extra={"email": ADDRESS, "status": 500})
        try:
            int(BOTH)
        except ValueError:
            log.exception("it broke")
    finally:
        logging.getLogger().handlers, logging.getLogger().level = before
    told = capsys.readouterr().err
    assert "it failed" in told
    assert "it broke" in told
    assert [one for one in SECRETS if one in told] == []


def test_viewing_does_not_change_the_organization(
    showcase: Showcase, indiscreet: Talent, viewer: Client
) -> None:
    body(viewer, f"/talents/{indiscreet.id}/")

    assert Talent.objects.get(id=indiscreet.id).headline == BOTH


def test_a_row_of_a_list_takes_little_however_long_its_texts_are() -> None:
    """A page has a hundred rows, and each text may have two million characters."""
    hostile = "x " * 10_000
    rows = [
        Talent(
            first_name="Ada 06 12 34 56 78",
            last_name=hostile,
            headline="ada@example.com",
            summary="Call +33 6 12 34 56 78",
            tags=["t"] * 5000,
            custom_fields={},
        ),
        Talent(
            first_name="Grace", headline="Write to grace@example.com", tags=[], custom_fields={}
        ),
    ]
    show_texts(rows, None)
    assert rows[0].first_name == f"Ada {HIDDEN}"
    assert rows[0].last_name is not None
    assert rows[0].last_name.startswith("x x ")
    assert len(rows[0].last_name) <= MAX_SHOWN_IN_ROW + 1
    assert (rows[0].headline, rows[0].summary) == (HIDDEN, HIDDEN)
    assert len(rows[0].tags) <= MAX_TAGS_IN_ROW
    assert (rows[1].first_name, rows[1].headline) == ("Grace", f"Write to {HIDDEN}")
