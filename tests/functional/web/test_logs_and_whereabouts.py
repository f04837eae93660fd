"""Settings > Logs and "Explain this record"."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from fakes.effort import examples
from fakes.showcase import EMAIL, MARKUP_NAME, Showcase
from hypothesis import example, given
from hypothesis import strategies as st

from jemmo.domain.error_catalog import Severity
from jemmo.store.connections import logs
from jemmo.store.models import Application, Connection, Job, PendingLink, Rejection, SyncRun, Talent

SignedIn = Callable[[str], Client]
NEXT = re.compile(r'rel="next" href="([^"]+)"')
ODD = examples(10)
VALUES = st.text(max_size=30) | st.sampled_from(
    ["\x00", "9" * 25 + ":x", "1:~", "error", "%", "\\", "'", "https://["]
)


@pytest.fixture
def connection(showcase: Showcase) -> Connection:
    """A connection with a failed run that has two warnings, and 120 excluded records."""
    found = Connection.objects.get(org=showcase.org)
    now = datetime.now(UTC)
    run = SyncRun.objects.create(
        connection=found,
        mode="incremental",
        status="failed",
        started_at=now - timedelta(hours=2),
        report={
            "error": {
                "code": "key_refused",
                "message": "Refused (401).",
                "next_step": "x",
                "facts": {"ats": "Teamtailor", "status": 401},
            },
            "warnings": [
                {
                    "code": "unknown_value:job.status",
                    "message": "New",
                    "count": 3,
                    "example": "dev",
                },
                {"code": "shared_email", "message": f"{EMAIL} twice", "count": 1},
            ],
        },
    )
    Rejection.objects.bulk_create(
        Rejection(
            connection=found,
            stream="jobs",
            remote_id=f"kept-out-{number}",
            code="no_title",
            message=f"Job {number} {MARKUP_NAME} has no title.",
            field="=cmd|calc",
            run=run,
            at=now - timedelta(days=number),
            times=number + 1,
        )
        for number in range(120)
    )
    return found


def shown(client: Client, **query: str) -> str:
    answer = client.get("/settings/logs/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def count(page: str) -> int:
    return page.count('<li class="log-')


def test_an_error_is_shown_with_its_cause_and_next_step(
    connection: Connection, recruiter: Client
) -> None:
    page = shown(recruiter, severity="error")

    assert count(page) == 1
    assert "Teamtailor refused the API key (401)" in page
    assert "Create a new key in the ATS, then rotate the key here." in page
    assert "https://status.teamtailor.com" in page
    french = recruiter.get("/settings/logs/?severity=error", headers={"Accept-Language": "fr"})
    assert "Teamtailor a refusé la clé API (401)" in french.content.decode()


def test_a_decision_of_ours_does_not_lead_to_the_status_page_of_the_ats(
    connection: Connection, recruiter: Client
) -> None:
    error = {"code": "mass_deletion_held", "message": "6 of 8 talents", "next_step": "x"}
    SyncRun.objects.filter(connection=connection).update(report={"error": error})

    page = shown(recruiter, severity="error")

    assert count(page) > 0
    links = re.findall(r"<a href=\"https:[^>]*>", page)
    assert [one for one in links if "status.teamtailor.com" in one] == []


def test_a_warning_leads_to_its_record(
    connection: Connection, showcase: Showcase, recruiter: Client
) -> None:
    page = shown(recruiter, severity="warning", kind="data")

    assert count(page) == 2
    assert f'href="/jobs/{showcase.job("dev").id}/"' in page
    assert EMAIL not in page


def test_a_search_does_not_find_contact_details_in_ids(
    connection: Connection, recruiter: Client
) -> None:
    """An id may be an e-mail address, which the log hides. A search must not reveal it letter by letter."""
    row = Rejection.objects.filter(connection=connection)[0]
    row.remote_id = "cand-77 maelle.dupont@example.com"
    row.save()

    assert "maelle" not in shown(recruiter)
    for guess in ("maelle.dupont@example.com", "maelle.d", "MAELLE"):
        assert count(shown(recruiter, q=guess)) == 0, guess
    assert count(shown(recruiter, q="cand-77")) == 1


def test_filters_and_search(connection: Connection, recruiter: Client) -> None:
    assert count(shown(recruiter, kind="access")) == 1
    assert count(shown(recruiter, q="kept-out-7")) == 11
    assert count(shown(recruiter, q="Job 33 ")) == 1
    assert count(shown(recruiter, q="%")) == 0
    assert count(shown(recruiter, severity="rejection", period="week")) == 7
    assert count(shown(recruiter, connection=str(connection.id), kind="access")) == 1
    assert "Nothing matches" in shown(recruiter, q="zzz")


def test_pages_contain_every_entry_once_newest_first(
    connection: Connection, viewer: Client
) -> None:
    seen: list[str] = []
    query = ""
    for _ in range(5):
        page = viewer.get(f"/settings/logs/{query}").content.decode()
        seen += re.findall(r"remote_id: kept-out-(\d+)", page)  # in the text for copying
        if not (found := NEXT.search(page)):
            break
        query = found[1].replace("&amp;", "&")

    assert seen == [str(number) for number in range(120)]


def test_nothing_of_an_entry_runs_or_leaks(connection: Connection, recruiter: Client) -> None:
    page = shown(recruiter)

    assert MARKUP_NAME not in page
    assert "Jemmo log entry" in page
    assert "kept-out-0" in page


def test_downloads(connection: Connection, signed_in: SignedIn) -> None:
    admin = signed_in("admin")

    answer = admin.get("/settings/logs/download.jsonl?severity=rejection")
    lines = b"".join(answer).splitlines()
    assert [json.loads(line)["remote_id"] for line in lines][:2] == ["kept-out-0", "kept-out-1"]
    assert len(lines) == 120
    text = b"".join(admin.get("/settings/logs/download.csv?q=Job 55")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["code"], row["severity"]) == ("no_title", "rejection")
    assert row["field"] == "'=cmd|calc"


def test_another_company_sees_none_of_it(
    connection: Connection, showcase: Showcase, signed_in: SignedIn
) -> None:
    outsider = signed_in("outsider")

    assert count(shown(outsider)) == 0
    assert count(shown(outsider, connection=str(connection.id))) == 0
    assert "Élodie" not in outsider.get("/settings/why/?q=elodie").content.decode()


@pytest.mark.soak
@ODD
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "severity", "kind", "period", "after", "connection"]), VALUES
    )
)
@example(query={"after": "250000000000000001:x"})
def test_an_odd_address_gets_a_response(
    connection: Connection, recruiter: Client, query: dict[str, str]
) -> None:
    for path in ("/settings/logs/", "/settings/why/"):
        assert recruiter.get(f"{path}?{urlencode(query)}").status_code == 200


def test_the_thousandth_page_is_found_by_its_index(connection: Connection) -> None:
    """The query starts at the page's position; the database doesn't count the preceding rows."""
    everything = logs.LogFilters()
    now = datetime.now(UTC)
    first = logs.log_page(connection.org, everything, now=now)
    second = logs.log_page(connection.org, logs.LogFilters(after=first.more), now=now)

    assert len(first.entries) == len(second.entries) == logs.SIZE
    assert {one.key for one in first.entries}.isdisjoint(one.key for one in second.entries)
    assert min(one.at for one in first.entries) >= max(one.at for one in second.entries)
    assert {one.severity for one in first.entries} == set(Severity)


def answer(client: Client, q: str) -> str:
    page = client.get("/settings/why/", {"q": q})
    assert page.status_code == 200
    return page.content.decode()


def test_why_a_record_is_here_or_not(
    connection: Connection,
    showcase: Showcase,
    recruiter: Client,
    viewer: Client,
    signed_in: SignedIn,
) -> None:
    Talent.objects.filter(remote_id="filler-01").update(remote_deleted_at=datetime.now(UTC))
    Application.objects.filter(remote_id="of-filler-02").update(
        talent=None, talent_remote_id="nobody"
    )
    PendingLink.objects.create(
        connection=connection,
        stream="applications",
        remote_id="of-filler-02",
        target="talents",
        target_remote_id="nobody",
    )

    assert "This record is in Jemmo." in answer(recruiter, "elodie")
    assert f"/talents/{showcase.talent('elodie').id}/" in answer(recruiter, "Müller")
    assert "see its contact details" in answer(viewer, "elodie")
    assert "rules excludes it: Draft jobs." in answer(recruiter, "draft")
    assert "Talents without an active application" in answer(recruiter, "Idle Person")
    assert "this record had been deleted in the ATS or was no longer visible" in answer(
        recruiter, "filler-01"
    )
    assert "excludes its talent" in answer(recruiter, "of-archived")
    assert "This record is stored and has been waiting since" in answer(recruiter, "of-filler-02")
    assert "1 other record has linked to it" in answer(recruiter, "nobody")
    assert "The record has no title in the ATS." in answer(recruiter, "kept-out-4")
    assert "Jemmo has no matching record." in answer(signed_in("owner"), "12345678")
    unseen = answer(recruiter, "12345678")  # it may be confidential, and a recruiter can't know
    assert "Jemmo has no matching record that you are allowed to see." in unseen
    assert "never seen" not in unseen
    assert "Look up any record" in answer(recruiter, "")


@pytest.mark.long
def test_deleted_records_are_found_only_by_id(
    connection: Connection, showcase: Showcase, signed_in: SignedIn
) -> None:
    now = datetime.now(UTC)
    elodie = showcase.talent("elodie")
    Talent.objects.filter(id=elodie.id).update(remote_deleted_at=now)
    Job.objects.filter(remote_id="draft").update(remote_deleted_at=now)
    application = Application.objects.filter(talent=elodie)[0]

    for role in ("viewer", "recruiter", "admin", "owner"):
        client = signed_in(role)
        for words in ("Müller", "secret draft"):
            assert "no longer in the ATS" not in answer(client, words)
        for record in (elodie.remote_id, str(elodie.id), "draft", application.remote_id):
            page = answer(client, record)
            assert "this record had been deleted in the ATS or was no longer visible" in page
            assert "Müller" not in page
            assert showcase.job("draft").title not in page


def test_an_application_to_a_deleted_job_names_only_its_talent(
    connection: Connection, recruiter: Client
) -> None:
    filed = Application.objects.filter(remote_id="of-filler-02")
    name, job = filed.values_list("talent__last_name", "job")[0]
    Job.objects.filter(id=job).update(title="A gone title", remote_deleted_at=datetime.now(UTC))

    page = answer(recruiter, "of-filler-02")

    assert name
    assert name in page
    assert "A gone title" not in page


def test_a_link_of_the_ats_names_its_record(connection: Connection, recruiter: Client) -> None:
    Job.objects.filter(remote_id="dev").update(remote_id="41")
    found = answer(recruiter, "https://app.teamtailor.com/companies/x/jobs/41/stages?a=1")
    assert "Développeuse full-stack" in found


def test_an_empty_search_leads_to_the_answer(showcase: Showcase, recruiter: Client) -> None:
    page = recruiter.get("/jobs/", {"q": "secret draft"}).content.decode()

    assert 'href="/settings/why/?q=secret%20draft"' in page
    assert "Draft jobs" in answer(recruiter, "secret draft")
