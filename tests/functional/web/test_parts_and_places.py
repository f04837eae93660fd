"""The frame of lists: htmx partials, organizations, times, and pages that can't be shown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from fakes.markup import collapsed
from fakes.showcase import Showcase

from jemmo.services.accounts import accounts
from jemmo.store.models import Application, Job, Membership, Organisation, Talent
from jemmo.web.frame import errors

SignedIn = Callable[[str], Client]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/talents/?q=a"}
LONG = "Ab" * 5000
RIGHT_TO_LEFT = "\u202eمرحبا"


def test_a_partial_shows_the_new_count(recruiter: Client) -> None:
    part = recruiter.get("/talents/?q=elod", headers=HTMX).content.decode()

    assert '<p id="count" hx-swap-oob="innerHTML">1 talent' in part
    assert 'role="status"' in recruiter.get("/talents/").content.decode()


def test_going_back_gets_the_page(recruiter: Client) -> None:
    restored = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in recruiter.get("/talents/?q=elod", headers=restored).content.decode()


def test_pages_with_people_are_not_cached(recruiter: Client) -> None:
    for path in ("/jobs/", "/talents/", "/settings/organization/ats/"):
        answer = recruiter.get(path)
        assert "no-store" in answer["Cache-Control"]
        assert "HX-Request" in answer["Vary"]
        assert "&quot;historyCacheSize&quot;: 0" in answer.content.decode().replace('"', "&quot;")


def test_a_partial_for_a_signed_out_person_redirects_to_sign_in(anonymous: Client) -> None:
    answer = anonymous.get("/talents/", headers=HTMX)

    assert answer["HX-Redirect"] == "/accounts/login/?next=/talents/%3Fq%3Da"
    assert not answer.content


@pytest.mark.parametrize("page", ["http://[::1", "//evil.example/x", "https://evil.example/x", ""])
def test_a_part_of_no_page_of_ours_leads_to_sign_in_and_the_start(
    anonymous: Client, page: str
) -> None:
    answer = anonymous.get("/talents/", headers={**HTMX, "HX-Current-URL": page})

    assert answer["HX-Redirect"] == "/accounts/login/?next=/"


def test_a_second_click_reverses_the_order(recruiter: Client) -> None:
    page = collapsed(recruiter.get("/jobs/?sort=title").content.decode())
    assert 'aria-sort="ascending"><a href="?sort=-title"' in page
    turned = collapsed(recruiter.get("/jobs/?sort=-title").content.decode())
    assert 'aria-sort="descending"><a href="?sort=title"' in turned
    assert turned.index("Zookeeper") < turned.index("Account Executive")


@pytest.mark.parametrize("sort", ["updated", "-updated", "name", "-name"])
def test_every_order_contains_everyone_once(recruiter: Client, sort: str) -> None:
    found = [
        link
        for number in (1, 2)
        for link in re.findall(
            r'<td class="main"><a href="(/talents/[^"]+)"',
            collapsed(recruiter.get(f"/talents/?sort={sort}&page={number}").content.decode()),
        )
    ]
    assert len(found) == len(set(found)) == 62


def test_talents_of_one_job_and_status(showcase: Showcase, recruiter: Client) -> None:
    dev, sales = showcase.job("dev").id, showcase.job("sales").id

    assert "62 talents" in recruiter.get(f"/talents/?job={dev}").content.decode()
    assert "0 talents" in recruiter.get(f"/talents/?job={sales}").content.decode()
    assert "62 talents" in recruiter.get("/talents/?status=ACTIVE").content.decode()
    assert "0 talents" in recruiter.get("/talents/?status=HIRED").content.decode()
    for status in ("HIRED", "REJECTED", "WITHDRAWN"):
        Application.objects.filter(remote_id="of-elodie").update(status=status)
        for choice in ("status", "stage"):
            page = recruiter.get(f"/talents/?{choice}={status}").content.decode()
            assert "1 talent" in page, "as the column Stage says"
            assert "1 talents" not in page
            assert "Müller" in page
        assert "Müller" not in recruiter.get("/talents/?stage=INTERVIEW").content.decode()
    others = Job.objects.get(org=showcase.stranger).id
    page = recruiter.get(f"/talents/?job={others}").content.decode()
    assert "0 talents" in page
    assert "Globex" not in page


def test_a_page_past_the_last_redirects_back(recruiter: Client) -> None:
    page = recruiter.get("/talents/?q=person&page=9").content.decode()
    assert "There are no more pages" in page
    assert 'href="?q=person"' in page


def test_times_use_the_organizations_zone(showcase: Showcase, recruiter: Client) -> None:
    Organisation.objects.filter(id=showcase.org.id).update(time_zone="Asia/Tokyo")
    path = f"/settings/organization/ats/runs/{showcase.run().id}/"
    assert " JST" in recruiter.get(path).content.decode()
    Organisation.objects.filter(id=showcase.org.id).update(time_zone="Nowhere/Never")
    assert " UTC" in recruiter.get(path).content.decode()


def test_members_of_two_organizations_can_switch(showcase: Showcase, recruiter: Client) -> None:
    assert 'name="organisation"' not in recruiter.get("/jobs/").content.decode()
    person = showcase.person("recruiter")
    accounts.trust(person)  # otherwise the second organization would require a proof of the address
    Membership.objects.create(account=person, org=showcase.stranger, role="viewer")
    assert 'name="organisation"' in recruiter.get("/jobs/").content.decode()

    recruiter.post("/preferences/organisation/", {"organisation": showcase.stranger.id})

    page = recruiter.get("/jobs/").content.decode()
    assert "Globex job" in page
    assert "Account Executive" not in page
    assert recruiter.get(f"/jobs/{showcase.job('dev').id}/").status_code == 404


@pytest.mark.parametrize("chosen", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_nobody_can_switch_to_another_organization(
    showcase: Showcase, recruiter: Client, chosen: str
) -> None:
    for given in (chosen, str(showcase.stranger.id)):
        answer = recruiter.post("/preferences/organisation/", {"organisation": given})
        assert answer.status_code == 404
    assert "Account Executive" in recruiter.get("/jobs/").content.decode()


def test_odd_texts_break_nothing(showcase: Showcase, recruiter: Client) -> None:
    talent = showcase.talent("elodie")
    Talent.objects.filter(id=talent.id).update(
        first_name=RIGHT_TO_LEFT,
        last_name=LONG,
        headline=LONG,
        tags=[LONG],
        remote_url="javascript:x",
    )
    Job.objects.filter(id=showcase.job("dev").id).update(title=LONG, posting_url="javascript:x")
    for path in ("/jobs/", "/talents/", f"/talents/{talent.id}/"):
        page = recruiter.get(path).content.decode()
        assert "javascript:" not in page
    assert f"<bdi>{RIGHT_TO_LEFT} " in recruiter.get("/talents/").content.decode()
    assert "javascript:" not in recruiter.get(f"/jobs/{showcase.job('dev').id}/").content.decode()


def test_error_pages_name_the_next_step(
    showcase: Showcase, recruiter: Client, rf: RequestFactory
) -> None:
    request = rf.get("/", headers={"Cookie": "theme=dark"})
    for answer, status, text in (
        (errors.bad_request(request, ValueError()), 400, "Bad request"),
        (errors.failed(request), 500, "Something went wrong"),
    ):
        assert answer.status_code == status
        assert text in answer.content.decode()
        assert "components" in answer.content.decode()
    checked = Client(enforce_csrf_checks=True)
    refused = checked.post("/accounts/login/", {"login": "a@b.example", "password": "x"})
    assert refused.status_code == 403
    assert "This form has expired" in refused.content.decode()
    assert "default-src 'none'" in refused["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/accounts/password/reset/", "/accounts/password/change/", "/accounts/2fa/"]
)
def test_pages_about_the_account_look_like_the_others(recruiter: Client, path: str) -> None:
    page = recruiter.get(path, follow=True).content.decode()
    assert 'class="card account"' in page
    assert "web/components" in page


def test_the_page_is_small(recruiter: Client) -> None:
    page = recruiter.get("/talents/")
    weight = len(page.content)
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.content.decode()):
        answer = recruiter.get(path)
        assert answer.status_code == 200, path
        weight += len(answer.getvalue())
    assert weight < 150_000
