"""Screenshot mode: no page and no response identifies a person."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from fakes.markup import collapsed
from fakes.showcase import EMAIL, MARKUP_NAME, PHONE, Showcase

from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import tracking_display
from jemmo.store.models import (
    Account,
    Application,
    Attachment,
    Connection,
    Invitation,
    Job,
    Membership,
    Talent,
)
from jemmo.web.frame.screenshots import masked as mask

SignedIn = Callable[[str], Client]
SECRETS = (
    *("Élodie", "elodie", "Müller", "Muller", "First01", "Person01", "Acme", "acme", "Hooli"),
    *("Private Peter", EMAIL, PHONE, "Rita", "Recruiterson", "ab12", "@acme.example"),
    *("Zqheadline", "Zqtitle", "Zqtag", "Zqsource", "Zqplace", "Zqfile", "Zqpitch", "Zqtext"),
    *("Zqinternal", "Zqresume", "Zqlabel", "Zqneed", "Zqjobtag", "Zqsearch", "Zqthrough"),
)
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[A-Za-z0-9]{64}\b")
"""Ids and tokens, which may contain a short test name by chance."""


@pytest.fixture
def masked(signed_in: SignedIn, showcase: Showcase) -> Client:
    Talent.objects.filter(id=showcase.talent("elodie").id).update(
        current_company="Hooli",
        current_title="Zqtitle of all",
        headline=f"Zqheadline, ex Hooli, ask Müller: {PHONE}",
        summary="Private Peter",
        tags=["Zqtag", "ex Hooli"],
        source="Zqsource of Hooli",
        location={"raw": "Zqplace 1, Hooli street"},
        source_url="https://boards.example/acme/elodie",
        custom_fields={"a": {"type": "text", "label": "Notes", "value": "Private Peter"}},
    )
    Connection.objects.filter(org=showcase.org).update(
        account_name="Acme Inc", label="Zqlabel", key_hint="ab12"
    )
    Application.objects.filter(talent__remote_id="elodie").update(source="Zqthrough Hooli")
    Attachment.objects.filter(talent__remote_id="elodie").update(
        file_name="Zqfile Müller, Hooli.pdf"
    )
    Job.objects.filter(id=showcase.job("dev").id).update(
        pitch="Zqpitch: join Hooli",
        internal_name="Zqinternal for Hooli",
        description_html="<p>Zqtext of <b>Hooli</b></p>",
        requirements="Zqneed",
        tags=["Zqjobtag"],
    )
    Account.objects.filter(email="admin@acme.example").update(name="Rita Recruiterson")
    client = signed_in("admin")
    client.post("/preferences/screenshot/", {"screenshot": "on", "next": "/jobs/?q=Müller"})
    return client


def pages(showcase: Showcase) -> list[str]:
    """Return the URL of every page that shows something to a member."""
    values = {
        "job_id": showcase.job("dev").id,
        "talent_id": showcase.talent("elodie").id,
        "run_id": showcase.run().id,
        "connection_id": showcase.run().connection_id,
        "membership_id": Membership.objects.get(account__email="viewer@acme.example").id,
        "invitation_id": "b9cb0248-07be-4174-985b-83c161d65ee2",
        "token": "nothing",
        "provider": "teamtailor",
        "stream": "talents",
    }
    return [_filled(route, values) for route in _routes(get_resolver().url_patterns)]


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    found: list[str] = []
    for one in patterns:
        route = before + str(one.pattern).removeprefix("^").removesuffix("$")
        if isinstance(one, URLResolver):
            found += [] if route.startswith("admin") else _routes(one.url_patterns, route)
        elif "(?P" not in route:
            found.append(route)
    return found


def _filled(route: str, values: dict[str, object]) -> str:
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: str(values.get(found[1], "1")), route)


@pytest.mark.long
def test_no_page_identifies_a_person(masked: Client, showcase: Showcase) -> None:
    walked = 0
    searches = ("/talents/?q=elodie&tag=Zqtag", "/talents/?q=Zqsearch", "/settings/why/?q=Zqsearch")
    for path in [*pages(showcase), *searches, "/nowhere/"]:
        for headers in ({}, {"HX-Request": "true"}):
            answer = masked.get(path, headers=headers)
            if path == "/events/":  # events for open pages contain only kinds and counts
                continue
            body = b"".join(answer) if answer.streaming else answer.content
            text = RANDOM.sub("", body.decode() + str(sorted(answer.headers.items())))
            # The mode's own switch contains no name, and static files are not pages.
            assert [one for one in SECRETS if one in text] == [], (path, answer.status_code)
            walked += answer.status_code == 200
    assert walked > 20


def test_ordinary_words_stay_on_every_page(
    signed_in: SignedIn, showcase: Showcase, masked: Client
) -> None:
    """Some people have names like words of the interface, or like a job's location and department."""
    names = [("Marie", "de la Tour"), ("May", "Will"), ("Lyon", "Engineering"), (None, "Jobs")]
    for number, (first, last) in enumerate(names):
        Talent.objects.filter(remote_id=f"filler-{number:02}").update(
            first_name=first, last_name=last
        )
    Account.objects.filter(email="recruiter@acme.example").update(name="Owner")
    clear, words = signed_in("admin"), re.compile(r"[^\W\d_]{2,}")
    for language in ("en", "fr"):
        for client in (clear, masked):
            client.post("/i18n/setlang/", {"language": language, "next": "/jobs/"})
        for path in (
            "/jobs/",
            "/settings/organization/ats/rules/",
            "/settings/why/",
            "/settings/schedule/",
        ):
            before, after = (_text_of(one.get(path)) for one in (clear, masked))
            lost = {one for one in words.findall(before) if one not in after}
            assert lost <= {"Acme", "acme", "Rita", "Recruiterson", "Zqlabel"}, (language, path)
    listed = _text_of(masked.get("/talents/"))
    assert [one for one in ("Marie", "May Will", "Lyon") if one in listed] == []


def _text_of(answer: HttpResponseBase) -> str:
    assert isinstance(answer, HttpResponse)
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


def test_the_text_of_a_file_is_not_shown(masked: Client, showcase: Showcase) -> None:
    with tracking_display(disguise := Disguise(b"secret")):
        preview = {"text": "Zqresume", "file_name": "Zqfile.pdf", "version": {"id": uuid4()}}
        shown = {"preview": preview, "talent": showcase.talent("elodie")}
        page = render_to_string("files/file.html", shown)
    assert "document.pdf" in page
    assert "Zq" not in disguise.html(page)


def test_the_same_person_has_the_same_name_on_every_page(
    masked: Client, showcase: Showcase
) -> None:
    elodie = showcase.talent("elodie").id
    shown = collapsed(masked.get(f"/talents/{elodie}/").content.decode())
    title = re.search(r"<h1><bdi>([^<]+)</bdi>", shown)
    assert title

    for path in ("/talents/?q=elodie", f"/jobs/{showcase.job('dev').id}/"):
        page = collapsed(masked.get(path).content.decode())
        assert f'/talents/{elodie}/"><bdi>{title[1]}</bdi>' in page
    answer = masked.get(f"/talents/{elodie}/")
    assert f"<title>{title[1]}" in answer.content.decode()


def test_every_page_shows_the_mode_and_lets_one_turn_it_off(
    masked: Client, showcase: Showcase
) -> None:
    page = f"/talents/{showcase.talent('elodie').id}/"
    assert "Screenshot mode is on" in masked.get(page).content.decode()

    answer = masked.post("/preferences/screenshot/", {"screenshot": "off", "next": page})

    assert answer["Location"] == page
    shown = masked.get(page).content.decode()
    assert "Screenshot mode is on" not in shown
    assert "Müller" in shown
    assert EMAIL in shown


def test_turning_it_on_drops_the_search(signed_in: SignedIn) -> None:
    given = {"screenshot": "on", "next": "/talents/?q=Müller"}

    assert signed_in("viewer").post("/preferences/screenshot/", given)["Location"] == "/talents/"


def test_the_address_bar_contains_no_name(masked: Client) -> None:
    answer = masked.get("/talents/?q=Müller", headers={"HX-Request": "true"})

    assert re.fullmatch(r"/talents/\?q=[A-Z]\w+", answer["HX-Push-Url"])


def test_masked_values_are_never_saved(masked: Client, showcase: Showcase) -> None:
    masked.post("/settings/profile/", {"name": "Alex Birch"})
    answer = masked.post(
        "/settings/members/invite/", {"email": "user@example.com", "role": "viewer"}
    )

    assert answer.status_code == 409
    assert showcase.person("admin").name == "Rita Recruiterson"
    assert not Invitation.objects.exists()


def test_files_and_secret_codes_are_withheld(masked: Client) -> None:
    assert (
        "Hidden in screenshot mode" in masked.get("/accounts/2fa/totp/activate/").content.decode()
    )


def test_responses_of_every_kind_are_masked(database_url: str, served: None) -> None:
    disguise = Disguise(b"secret")
    disguise.person(1, "Élodie", "Müller")
    request = RequestFactory().get("/")
    request.user = Account(email="a@acme.example")
    parts = [f"data: <b>{EMAIL}</b>\n\n", "data: Élodie Müller\n\n"]
    stream = StreamingHttpResponse(iter(parts), content_type="text/event-stream")
    listed = JsonResponse({"id": "b9cb0248-07be-4174-985b-83c161d65ee2", "who": [EMAIL, PHONE]})
    file = FileResponse(io.BytesIO(b"%PDF Elodie"), content_type="application/pdf")

    told = b"".join(mask(stream, request, disguise)).decode()
    assert "user@example.com" in told
    assert "Müller" not in told
    assert mask(listed, request, disguise).content == (  # type: ignore[attr-defined]
        b'{"id": "b9cb0248-07be-4174-985b-83c161d65ee2", '
        b'"who": ["user@example.com", "+33 6 XX XX XX XX"]}'
    )
    withheld = mask(file, request, disguise)
    assert withheld.status_code == 409
    assert b"Elodie" not in withheld.content  # type: ignore[attr-defined]


def test_markup_of_a_name_is_still_text(masked: Client) -> None:
    page = masked.get("/talents/?q=script").content.decode()

    assert MARKUP_NAME not in page
    assert "alert(" not in page
