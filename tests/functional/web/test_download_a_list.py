"""Downloads of the job and talent lists: the list's filters, the reader's rights, and the access log."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from fakes.showcase import EMAIL, Showcase
from functional.web.conftest import SignedIn

from jemmo.services.records import exports
from jemmo.store.db import paging
from jemmo.store.models import AccessEvent, Role, Talent
from jemmo.store.records import export, talents
from jemmo.vault import default_vault


def rows_of(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"].startswith("attachment")
    text = b"".join(answer).decode("utf-8-sig")
    if ".csv" in path:
        return list(csv.DictReader(io.StringIO(text)))
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_list_is_downloaded_completely_and_with_its_filters(
    showcase: Showcase, recruiter: Client, form: str
) -> None:
    shown = Talent.objects.filter(org=showcase.org, excluded_reason=None, remote_deleted_at=None)
    everyone = rows_of(recruiter, f"/talents/download.{form}?page=2")
    assert len(everyone) == shown.count() > 50  # more than a page

    (elodie,) = rows_of(recruiter, f"/talents/download.{form}?q=müller")
    assert (elodie["full_name"], EMAIL in elodie["emails"]) == ("Élodie Müller", True)
    assert rows_of(recruiter, f"/talents/download.{form}?q=nobody-like-this") == []

    lyon = rows_of(recruiter, f"/jobs/download.{form}?city=Lyon&sort=title")
    assert {job["title"] for job in lyon} == {"Account Executive", "Zookeeper"}


def listed(client: Client, path: str) -> list[str]:
    """The records of a list, from all its pages, as a reader meets them."""
    kind = path.split("/")[1]
    met: list[str] = []
    for number in range(1, 10):
        page = client.get(f"{path}&page={number}").content.decode()
        links = re.findall(rf'href="/{kind}/([0-9a-f-]{{36}})/"', page.partition("<tbody")[2])
        new = [record for record in dict.fromkeys(links) if record not in met]
        if not new:
            return met
        met += new
    raise AssertionError("too many pages")


@pytest.mark.parametrize(
    "path",
    [
        *(f"/talents/?sort={sort}" for sort in ("", "updated", "-updated", "name", "-name")),
        *("/talents/?q=person&sort=name", "/talents/?status=ACTIVE&sort=-updated"),
        *(f"/jobs/?sort={sort}" for sort in ("", "-updated", "title", "-title", "talents")),
        *(f"/jobs/?sort={sort}" for sort in ("-talents", "opened", "-opened")),
    ],
)
@pytest.mark.sample(5)
def test_a_download_is_in_the_order_of_the_page(recruiter: Client, path: str) -> None:
    pages = listed(recruiter, path)
    assert len(pages) > (50 if path.startswith("/talents/?sort") else 2)
    for form in ("csv", "jsonl"):
        rows = rows_of(recruiter, path.replace("/?", f"/download.{form}?"))
        assert [row["id"] for row in rows] == pages, form


def test_what_changes_its_place_meanwhile_is_downloaded_once(
    showcase: Showcase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time of its change, a record moves to the front: behind those who have read that far."""
    monkeypatch.setattr(export, "CHUNK", 10)
    monkeypatch.setattr(paging, "FEW", 10)
    filters = talents.TalentFilters(sort="updated")
    ordered = list(talents.ids_in_order(showcase.org, filters, talents.Lookup()))
    rows = exports.rows(
        showcase.org,
        "talents",
        role=Role.RECRUITER,
        vault=default_vault(),
        ids=talents.ids_in_order(showcase.org, filters, talents.Lookup()),
    )

    met = [next(rows)["id"]]
    Talent.objects.filter(id=ordered[-1]).update(remote_updated_at=datetime.now(UTC))
    Talent.objects.filter(id=ordered[-2]).update(remote_deleted_at=datetime.now(UTC))
    met += [row["id"] for row in rows]

    assert met == [*ordered[:-2], ordered[-1]]


def test_a_download_is_logged_with_the_number_of_people(
    showcase: Showcase, recruiter: Client
) -> None:
    rows_of(recruiter, "/talents/download.csv?q=müller")
    event = AccessEvent.objects.filter(org=showcase.org, action="exported").latest("at")
    assert event.account == showcase.person("recruiter")
    assert event.detail == {"what": "talents", "contacts": True, "rows": 1}


def test_a_viewer_sees_who_can_download(signed_in: SignedIn, showcase: Showcase) -> None:
    viewer = signed_in("viewer")
    assert "download.csv" not in viewer.get("/talents/").content.decode()
    refused = viewer.get("/talents/download.csv")
    assert refused.status_code == 403
    assert "recruiter" in refused.content.decode().lower()


def test_pages_link_the_download_with_their_filters(recruiter: Client) -> None:
    page = recruiter.get("/talents/?q=person&page=2").content.decode()
    assert '/talents/download.csv?q=person"' in page
    assert "/jobs/download.jsonl" in recruiter.get("/jobs/").content.decode()


def test_nothing_is_downloaded_in_screenshot_mode(recruiter: Client) -> None:
    recruiter.post("/preferences/screenshot/", {"screenshot": "on"})
    refused = recruiter.get("/talents/download.csv", follow=True)
    assert refused.redirect_chain == [("/talents/", 302)]
    assert "Turn off screenshot mode" in refused.content.decode()


def test_a_formula_remains_text_in_a_spreadsheet(showcase: Showcase, recruiter: Client) -> None:
    Talent.objects.filter(pk=showcase.talent("elodie").pk).update(
        headline='=HYPERLINK("https://evil.example")', tags=["=1+1", "python"]
    )
    (elodie,) = rows_of(recruiter, "/talents/download.csv?q=müller")
    assert elodie["headline"].startswith("'=")
    assert elodie["tags"].startswith("'=")
