"""Refreshing a talent or job on its page: request, progress, outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.test import Client
from functional.web.conftest import SignedIn

from jemmo.store.models import Connection, Job, Talent, WebhookHint

if TYPE_CHECKING:
    from fakes.showcase import Showcase

HTMX = {"HX-Request": "true"}


@pytest.fixture
def talent(showcase: Showcase) -> Any:
    return Talent.objects.filter(
        org=showcase.org, excluded_reason=None, remote_deleted_at=None
    ).first()


def address(kind: str, one: Any) -> str:
    return f"/refresh/{kind}/{one.id}/"


def said(page: Any) -> str:
    return " ".join(page.content.decode().split())


def settle(one: Any, **more: Any) -> None:
    values = {"due_at": None, "applied_at": datetime.now(UTC), **more}
    WebhookHint.objects.filter(connection=one.connection).update(**values)


def test_a_click_requests_the_talent_and_its_applications(recruiter: Client, talent: Any) -> None:
    before = said(recruiter.get(f"/talents/{talent.id}/"))
    assert "Refresh from the ATS" in before
    assert "Checking with the ATS" not in before

    pressed = said(recruiter.post(address("talent", talent), headers=HTMX))

    assert "Checking with the ATS" in pressed
    assert 'aria-disabled="true"' in pressed
    waiting = WebhookHint.objects.filter(connection=talent.connection, due_at__isnull=False)
    assert waiting.count() == 1 + talent.applications.filter(remote_deleted_at=None).count()
    assert "Checking with the ATS" in said(recruiter.get(f"/talents/{talent.id}/"))


def test_the_page_changes_only_when_there_is_an_outcome(recruiter: Client, talent: Any) -> None:
    asked = quote(datetime.now(UTC).isoformat())
    recruiter.post(address("talent", talent), headers=HTMX)
    ask = f"{address('talent', talent)}?shown=waiting--0&asked={asked}"
    assert recruiter.get(ask, headers=HTMX).status_code == 204

    settle(talent)
    same = said(recruiter.get(ask, headers=HTMX))
    assert "Read from the ATS" in same
    assert 'hx-select="#content"' not in same

    Talent.objects.filter(id=talent.id).update(modified_at=datetime.now(UTC))
    changed = said(recruiter.get(ask, headers=HTMX))
    assert f'hx-get="/talents/{talent.id}/" hx-trigger="load" hx-target="#content"' in changed


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ({"gone": True}, "Deleted in the ATS."),
        ({"trouble": "key_refused", "applied_at": None}, "refused the API key"),
        ({"trouble": "timeout", "due_at": datetime.now(UTC)}, "Trying again."),
        (
            {"due_at": datetime.now(UTC), "heard_at": datetime.now(UTC) - timedelta(minutes=1)},
            "taking longer than usual",
        ),
    ],
)
def test_the_outcome_is_shown(
    recruiter: Client, talent: Any, hint: dict[str, Any], told: str
) -> None:
    recruiter.post(address("talent", talent), headers=HTMX)
    settle(talent, **hint)
    assert told in said(recruiter.get(address("talent", talent), headers=HTMX))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("paused", "This connection is paused."),
        ("refused", "The ATS refused the key."),
        ("disconnected", "This connection was disconnected."),
    ],
)
def test_a_connection_that_cannot_refresh_says_why(
    recruiter: Client, talent: Any, state: str, told: str
) -> None:
    Connection.objects.filter(id=talent.connection_id).update(state=state)
    assert told in said(recruiter.get(f"/talents/{talent.id}/"))
    assert told in said(recruiter.post(address("talent", talent), headers=HTMX))
    assert not WebhookHint.objects.filter(due_at__isnull=False).exists()


def test_a_viewer_cannot_refresh(viewer: Client, talent: Any) -> None:
    assert "Refresh from the ATS" not in said(viewer.get(f"/talents/{talent.id}/"))
    assert viewer.post(address("talent", talent)).status_code == 403
    assert not WebhookHint.objects.exists()


def test_a_job_is_refreshed_without_script(recruiter: Client, showcase: Showcase) -> None:
    job = Job.objects.filter(org=showcase.org, excluded_reason=None).first()
    assert job is not None
    answer = recruiter.post(address("job", job))
    assert answer.status_code == 302
    assert answer["Location"] == f"/jobs/{job.id}/"
    assert WebhookHint.objects.filter(stream="jobs", remote_id=job.remote_id).count() == 1


def test_nobody_can_refresh_another_companys_records(signed_in: SignedIn, talent: Any) -> None:
    outsider = signed_in("outsider")
    assert outsider.post(address("talent", talent), headers=HTMX).status_code == 404
    assert outsider.get("/refresh/stage/" + str(talent.id) + "/").status_code == 404
    assert not WebhookHint.objects.exists()
