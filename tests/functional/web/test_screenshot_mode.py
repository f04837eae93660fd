"""Screenshot mode: on every page, in every answer, nothing tells who is meant."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.http import FileResponse, JsonResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from fakes.showcase import EMAIL, MARKUP_NAME, PHONE, Showcase

from jemmo.domain.masking import Disguise
from jemmo.store.models import Account, Connection, Invitation, Membership, Talent
from jemmo.web.screenshots import masked as mask

SignedIn = Callable[[str], Client]
SECRETS = (
    *("Élodie", "elodie", "Müller", "Muller", "First01", "Person01", "Acme", "acme", "Hooli"),
    *("Private Peter", EMAIL, PHONE, "Rita", "Recruiterson", "ab12", "@acme.example"),
)


@pytest.fixture
def masked(signed_in: SignedIn, showcase: Showcase) -> Client:
    Talent.objects.filter(id=showcase.talent("elodie").id).update(
        current_company="Hooli",
        headline=f"ex Hooli, ask Müller: {PHONE}",
        summary="Private Peter",
        source_url="https://boards.example/acme/elodie",
        custom_fields={"a": {"type": "text", "label": "Notes", "value": "Private Peter"}},
    )
    Connection.objects.filter(org=showcase.org).update(account_name="Acme Inc", key_hint="ab12")
    Account.objects.filter(email="admin@acme.example").update(name="Rita Recruiterson")
    client = signed_in("admin")
    client.post("/preferences/screenshot/", {"screenshot": "on", "next": "/jobs/?q=Müller"})
    return client


def pages(showcase: Showcase) -> list[str]:
    """Every address of the application that shows something to a member."""
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


def test_no_page_tells_who_is_meant(masked: Client, showcase: Showcase) -> None:
    walked = 0
    for path in [*pages(showcase), "/talents/?q=elodie&tag=python", "/nowhere/"]:
        for headers in ({}, {"HX-Request": "true"}):
            answer = masked.get(path, headers=headers)
            if path == "/events/":  # news for open pages: kinds and counts
                continue
            body = b"".join(answer) if answer.streaming else answer.content
            text = body.decode() + str(sorted(answer.headers.items()))
            # The mode's own switch carries no name; static files are no pages.
            assert [one for one in SECRETS if one in text] == [], (path, answer.status_code)
            walked += answer.status_code == 200
    assert walked > 20


def test_the_same_person_has_the_same_name_on_every_page(
    masked: Client, showcase: Showcase
) -> None:
    elodie = showcase.talent("elodie").id
    title = re.search(r"<h1><bdi>([^<]+)</bdi>", masked.get(f"/talents/{elodie}/").content.decode())
    assert title

    for path in ("/talents/?q=elodie", f"/jobs/{showcase.job('dev').id}/"):
        assert f'/talents/{elodie}/"><bdi>{title[1]}</bdi>' in masked.get(path).content.decode()
    answer = masked.get(f"/talents/{elodie}/")
    assert f"<title>{title[1]}" in answer.content.decode()


def test_it_is_told_on_every_page_and_turned_off_again(masked: Client, showcase: Showcase) -> None:
    page = f"/talents/{showcase.talent('elodie').id}/"
    assert "Screenshot mode is on" in masked.get(page).content.decode()

    answer = masked.post("/preferences/screenshot/", {"screenshot": "off", "next": page})

    assert answer["Location"] == page
    shown = masked.get(page).content.decode()
    assert "Screenshot mode is on" not in shown
    assert "Müller" in shown
    assert EMAIL in shown


def test_turning_it_on_leaves_the_search_behind(signed_in: SignedIn) -> None:
    given = {"screenshot": "on", "next": "/talents/?q=Müller"}

    assert signed_in("viewer").post("/preferences/screenshot/", given)["Location"] == "/talents/"


def test_the_address_bar_names_nobody(masked: Client) -> None:
    answer = masked.get("/talents/?q=Müller", headers={"HX-Request": "true"})

    assert re.fullmatch(r"/talents/\?q=[A-Z]\w+", answer["HX-Push-Url"])


def test_what_is_masked_is_never_saved(masked: Client, showcase: Showcase) -> None:
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


def test_answers_of_every_kind_are_masked(database_url: str, served: None) -> None:
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
