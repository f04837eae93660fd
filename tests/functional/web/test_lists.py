"""Lists: search, filters, sorting, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from fakes.effort import examples
from fakes.markup import collapsed
from fakes.showcase import FILLERS, NOW, Showcase
from hypothesis import example, given
from hypothesis import strategies as st

from jemmo.store.db import paging
from jemmo.store.models import Connection, Job, JobLocation, Talent
from jemmo.store.records import talents

SignedIn = Callable[[str], Client]
LINK = re.compile(r'<td class="main"><a href="/(?:jobs|talents)/[0-9a-f-]+/"><bdi>(.*?)</bdi>')
PEOPLE = FILLERS + 2  # plus Élodie and the talent with markup in the name
PER_PAGE = 50
MOST_STATEMENTS = 13  # per list page, whatever its content

ODD = examples(10)
VALUES = st.text(max_size=30) | st.sampled_from(
    ["\x00", "-1", "99999", "1e3", "'", "a:*&|!()", "٣"]
)
NAMES = ("q", "status", "department", "city", "sort", "page", "stage", "tag", "connection")


def listed(client: Client, path: str, **query: str) -> list[str]:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return LINK.findall(collapsed(answer.content.decode()))


def test_talents_are_found_by_the_beginning_of_words_whatever_the_accents(
    recruiter: Client,
) -> None:
    for typed in ("Élodie", "elodie", "ELO", "müller élo", "mull ing", " elodie !", "ingénieure"):
        assert listed(recruiter, "/talents/", q=typed) == ["Élodie Müller"], typed
    for typed in ("lodie", "elodie schmidt", "zzz"):
        assert listed(recruiter, "/talents/", q=typed) == [], typed


@pytest.mark.parametrize("path", ["/talents/", "/jobs/"])
def test_a_search_without_a_word_finds_nothing_and_says_why(recruiter: Client, path: str) -> None:
    for typed in ("++", "🙂", "!&|:*"):
        page = unescape(recruiter.get(path, {"q": typed}).content.decode())
        assert LINK.findall(collapsed(page)) == [], typed
        assert "Your search contains no letters or digits." in page
        assert "Download" not in page
    assert listed(recruiter, path, q="  ") == listed(recruiter, path) != []
    assert "no letters" not in recruiter.get(path, {"q": "zzz"}).content.decode()


def test_a_search_says_that_it_ignores_words_after_the_tenth(recruiter: Client) -> None:
    ignored = "the last ones were ignored"
    for path, word, match in (
        ("/talents/", "elodie", "Élodie Müller"),
        ("/jobs/", "zoo", "Zookeeper"),
    ):
        for words, is_cut in ((paging.MAX_WORDS, False), (paging.MAX_WORDS + 1, True)):
            page = recruiter.get(path, {"q": " ".join([word] * words)}).content.decode()
            assert match in page
            assert (ignored in page) is is_cut
        beyond = " ".join([word] * paging.MAX_WORDS + ["zzz"])
        assert match in recruiter.get(path, {"q": beyond}).content.decode()
        nothing = " ".join(["zzz"] * (paging.MAX_WORDS + 1))
        assert ignored in recruiter.get(path, {"q": nothing}).content.decode()


def test_the_last_page_says_that_there_are_more_results(
    recruiter: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LAST_PAGE", 1)
    monkeypatch.setattr(paging, "SIZE", PEOPLE - 1)
    assert "are listed." not in recruiter.get("/jobs/").content.decode()
    monkeypatch.setattr(paging, "LAST_PAGE", 2)
    for size, number in ((2, "4"), (PEOPLE // 2, str(PEOPLE // 2 * 2))):
        monkeypatch.setattr(paging, "SIZE", size)
        first = recruiter.get("/talents/").content.decode()
        assert "are listed." not in first
        last = collapsed(recruiter.get("/talents/", {"page": "2"}).content.decode())
        is_cut = int(number) < PEOPLE
        assert (f"Only the first {number} are listed. Search or filter" in last) is is_cut


def test_postgres_keeps_the_plans_of_every_page_but_none_of_a_list(recruiter: Client) -> None:
    """A cached plan for the average organization may be slow for the largest."""
    listed(recruiter, "/talents/", q="elodie")
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = [statement for (statement,) in cursor.fetchall()]
    assert sum("FROM session" in statement for statement in kept) == 1
    assert not [
        statement for statement in kept if 'FROM "talent"' in statement or "search" in statement
    ]


def test_an_empty_result_offers_to_clear_the_search(recruiter: Client) -> None:
    assert "Nothing matches" in recruiter.get("/talents/", {"q": "zzz"}).content.decode()


def test_talents_by_stage_and_tag(recruiter: Client) -> None:
    assert listed(recruiter, "/talents/", stage="INTERVIEW") == ["Élodie Müller"]
    assert listed(recruiter, "/talents/", tag="python") == ["Élodie Müller"]
    assert listed(recruiter, "/talents/", tag="python", stage="NEW") == []


def test_talents_are_found_by_the_words_of_their_tags(recruiter: Client, viewer: Client) -> None:
    for person in (recruiter, viewer):
        assert listed(person, "/talents/", q="pyth") == ["Élodie Müller"]
        assert listed(person, "/talents/", q="élodie paris") == ["Élodie Müller"]


def test_small_and_large_results_agree(recruiter: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = [
        {"q": "person"},
        {"q": "person", "sort": "-name", "page": "2"},
        {"q": "python"},
        {"stage": "NEW", "sort": "name"},
        {"stage": "NEW", "status": "ACTIVE", "q": "first0"},
        {"tag": "python"},
    ]
    few = [listed(recruiter, "/talents/", **one) for one in asked]
    for module in (paging, talents):
        monkeypatch.setattr(module, "FEW", 0)

    assert [listed(recruiter, "/talents/", **one) for one in asked] == few
    assert [len(one) for one in few] == [50, 10, 1, 50, 10, 1]


def test_the_ats_is_a_filter_if_there_are_several(recruiter: Client, showcase: Showcase) -> None:
    first = Connection.objects.get(org=showcase.org)
    for path in ("/jobs/", "/talents/"):
        assert "Any ATS" not in recruiter.get(path).content.decode()
    other = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    Talent.objects.filter(remote_id="elodie").update(connection=other)
    Job.objects.filter(org=showcase.org, remote_id="dev").update(connection=other)

    assert "Any ATS" in recruiter.get("/jobs/").content.decode()
    assert listed(recruiter, "/talents/", connection=str(other.id)) == ["Élodie Müller"]
    assert listed(recruiter, "/jobs/", connection=str(other.id)) == ["Développeuse full-stack"]
    assert len(listed(recruiter, "/jobs/", connection=str(first.id))) == 2
    stranger = Connection.objects.get(org=showcase.stranger)
    assert listed(recruiter, "/jobs/", connection=str(stranger.id)) == []


def test_a_job_does_not_count_hidden_people(recruiter: Client, showcase: Showcase) -> None:
    def in_progress(**asked: str) -> str:
        page = collapsed(recruiter.get("/jobs/", asked).content.decode())
        found = re.search(r'full-stack.*?data-label="In progress">(\d+)<', page, re.DOTALL)
        assert found
        return found[1]

    assert in_progress() == in_progress(sort="talents") == str(PEOPLE)
    Talent.objects.filter(remote_id="elodie").update(excluded_reason="archived")
    assert in_progress() == in_progress(sort="-talents") == str(PEOPLE - 1)


def test_jobs_by_words_status_department_and_place(recruiter: Client) -> None:
    assert listed(recruiter, "/jobs/") == [
        "Développeuse full-stack",
        "Account Executive",
        "Zookeeper",
    ]
    assert listed(recruiter, "/jobs/", q="developpeuse") == ["Développeuse full-stack"]
    assert listed(recruiter, "/jobs/", status="CLOSED") == ["Zookeeper"]
    assert listed(recruiter, "/jobs/", department="Engineering") == ["Développeuse full-stack"]
    assert listed(recruiter, "/jobs/", city="Lyon") == ["Account Executive", "Zookeeper"]
    assert listed(recruiter, "/jobs/", city="Lyon", status="OPEN") == ["Account Executive"]


def choices(client: Client, name: str) -> list[str]:
    """Return the choices of a filter in the job list."""
    page = client.get("/jobs/").content.decode()
    [options] = re.findall(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    return [unescape(value) for value in re.findall(r'<option value="([^"]+)"', options)]


def test_every_choice_of_a_filter_finds_the_jobs_that_show_it(
    recruiter: Client, showcase: Showcase
) -> None:
    place = JobLocation.objects.get(job__remote_id="closed", job__org=showcase.org)
    place.city, place.raw = None, "Lyon"  # as in Greenhouse
    place.save()
    Job.objects.filter(org=showcase.org, remote_id="archived").update(excluded_reason=None)
    rows = {"status": "status", "department": "department__name"}
    shown = Job.objects.filter(org=showcase.org, excluded_reason=None)

    for name, field in rows.items():
        held = {value for value in shown.values_list(field, flat=True) if value}
        assert set(choices(recruiter, name)) == held, name
        for value in held:
            titles = shown.filter(**{field: value}).values_list("title", flat=True)
            assert set(listed(recruiter, "/jobs/", **{name: value})) == set(titles)
    assert choices(recruiter, "city") == ["Lyon", "Nice", "Paris"]
    assert listed(recruiter, "/jobs/", city="Lyon") == ["Account Executive", "Zookeeper"]


def test_a_job_whose_applicants_are_excluded_has_some(
    recruiter: Client, signed_in: SignedIn, showcase: Showcase
) -> None:
    def page(client: Client, job: str) -> str:
        return client.get(reverse("job", args=[showcase.job(job).id])).content.decode()

    assert "Nobody has applied yet." in page(signed_in("owner"), "closed")
    assert "not counted" not in page(recruiter, "sales")
    assert "1 application from an excluded talent is not counted" in page(recruiter, "dev")
    Talent.objects.filter(org=showcase.org).update(excluded_reason="no_active_application")
    for client in (recruiter, signed_in("owner")):
        excluded = page(client, "dev")
        assert "Everyone who applied is excluded." in excluded
        assert f"{PEOPLE + 1} applications from excluded talents are not counted" in collapsed(
            excluded
        )
        assert "Nobody has applied" not in excluded


def test_jobs_are_sorted_as_requested(recruiter: Client) -> None:
    by_title = listed(recruiter, "/jobs/", sort="title")
    assert by_title == sorted(by_title)
    assert listed(recruiter, "/jobs/", sort="talents")[0] == "Développeuse full-stack"


def test_talents_are_sorted_as_requested(recruiter: Client) -> None:
    assert listed(recruiter, "/talents/")[:2] == ["Élodie Müller", "First00 Person00"]
    assert listed(recruiter, "/talents/", sort="name")[:2] == ["Élodie Müller", "First00 Person00"]


def test_the_pages_contain_everyone_once(recruiter: Client) -> None:
    pages = [listed(recruiter, "/talents/", page=page) for page in ("1", "2", "3")]

    assert [len(page) for page in pages] == [PER_PAGE, PEOPLE - PER_PAGE, 0]
    assert len({name for page in pages for name in page}) == PEOPLE


@pytest.mark.parametrize("path", ["/jobs/", "/talents/"])
@pytest.mark.parametrize("who", ["recruiter", "viewer"])
def test_no_row_has_a_query_of_its_own(
    path: str, who: str, showcase: Showcase, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(who)
    client.get(path)  # fills the caches of this process
    with CaptureQueriesContext(connection) as asked:
        assert len(listed(client, path)) >= 3
    statements = [each["sql"] for each in asked]
    assert len(statements) <= MOST_STATEMENTS, statements


def test_paging_keeps_search_and_filters(recruiter: Client) -> None:
    page = recruiter.get("/talents/", {"q": "person", "sort": "name"}).content.decode()

    assert "1–50 of 60" in page
    assert 'href="?q=person&amp;sort=name&amp;page=2"' in page


def test_htmx_gets_only_the_results(recruiter: Client) -> None:
    for path in ("/jobs/", "/talents/"):
        part = recruiter.get(path, headers={"HX-Request": "true"}).content.decode()
        assert "<table" in part
        assert "<html" not in part


@pytest.mark.long
@pytest.mark.soak
@ODD
@given(query=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
@example(query={"q": "a\\' | b:*"})
@example(query={"page": "200", "sort": "nothing"})
def test_an_odd_address_gets_a_response(recruiter: Client, query: dict[str, str]) -> None:
    for path in ("/jobs/", "/talents/"):
        assert recruiter.get(f"{path}?{urlencode(query)}").status_code == 200


@pytest.mark.long
@pytest.mark.soak
@ODD
@given(stage=VALUES)
def test_an_odd_stage_of_a_job_gets_a_response(recruiter: Client, stage: str) -> None:
    found = re.search(r"/jobs/[0-9a-f-]+/", recruiter.get("/jobs/").content.decode())
    assert found is not None
    assert recruiter.get(f"{found[0]}?{urlencode({'stage': stage})}").status_code == 200
