"""No request makes a page fail: URLs and forms with values that nobody would normally send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from fakes.addresses import addresses
from fakes.effort import examples
from fakes.showcase import Showcase
from hypothesis import given
from hypothesis import strategies as st

SignedIn = Callable[[str], Client]
ROLES = ("anonymous", "viewer", "recruiter", "owner")
ODD = (
    "\x00",
    "\ud800",
    "9" * 400,
    "-1",
    "1e999",
    "\u202e",
    "%",
    "' OR 1=1 --",
    "{{7*7}}",
    "../../etc/passwd",
    "[]",
    "Ω" * 2000,
)
NAMES = (
    *(
        "q",
        "page",
        "sort",
        "stage",
        "status",
        "job",
        "tag",
        "since",
        "next",
        "severity",
        "kind",
        "period",
    ),
    *(
        "id",
        "key",
        "new_id",
        "base_url",
        "label",
        "options",
        "seen",
        "fate",
        "name",
        "when",
        "role",
        "email",
    ),
    *(
        "number",
        "theme",
        "organisation",
        "screenshot",
        "language",
        "body",
        "cursor",
        "before",
        "form",
        "chat_url",
    ),
    *(
        "login",
        "password",
        "password1",
        "password2",
        "oldpassword",
        "code",
        "action",
        "csrfmiddlewaretoken",
    ),
)
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.integers().map(str))
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
METHODS = st.sampled_from(["get", "post", "put", "patch", "delete", "head", "options", "trace"])
KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 300,
        "text/plain; charset=nonsense",
        "application/x-www-form-urlencoded; charset=utf-16",
        "",
    ]
)
IDS = st.sampled_from(
    [
        "b9cb0248-07be-4174-985b-83c161d65ee2",
        "not-an-id",
        "0",
        "9" * 60,
        "%00",
        "%ff",
        "a" * 3000,
        "..",
        "é",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "HX-Request",
            "HX-Current-URL",
            "Accept-Language",
            "Last-Event-ID",
            "Referer",
            "X-Forwarded-For",
            "Range",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    max_size=3,
)
NOT_ASKED = ("/events/", "/readyz", "/metrics")


@pytest.mark.sample(1)
@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_no_request_makes_a_page_fail(role: str, showcase: Showcase, signed_in: SignedIn) -> None:
    client = Client(raise_request_exception=False) if role == "anonymous" else signed_in(role)
    client.raise_request_exception = False
    known = {
        "job_id": showcase.job("dev").pk,
        "talent_id": showcase.talent("elodie").pk,
        "connection_id": showcase.job("dev").connection_id,
        "run_id": showcase.run().pk,
        "provider": "teamtailor",
        "only": "jobs",
    }
    real = [path for _, path in addresses(known) if not path.startswith(NOT_ASKED)]
    patterns = sorted({path for _, path in addresses(dict.fromkeys(known, "ODD")) if "ODD" in path})

    @examples(100)
    @given(
        path=st.one_of(
            st.sampled_from(real),
            st.tuples(st.sampled_from(patterns), IDS).map(
                lambda one: one[0].replace("ODD", one[1])
            ),
        ),
        method=METHODS,
        fields=FIELDS,
        kind=KINDS,
        body=st.one_of(st.none(), st.binary(max_size=200)),
        headers=HEADERS,
    )
    def asked(
        path: str,
        method: str,
        fields: dict[str, str],
        kind: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> None:
        form = "&".join(
            f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields.items()
        )
        given_headers: Any = dict(headers.items())
        answer = client.generic(
            method.upper(),
            path,
            form.encode() if body is None else body,
            kind,
            QUERY_STRING=form,
            headers=given_headers,
        )
        answer.close()  # an unread download occupies a slot until it is closed
        assert answer.status_code < 500, (role, method, path, fields, kind, body)
        if role != "anonymous" and "jemmo" not in client.cookies:
            client.force_login(showcase.person(role))  # the request signed the client out

    asked()


@pytest.mark.parametrize("name", ["jemmo", "jemmo-csrf", "theme", "django_language", "messages"])
@pytest.mark.parametrize("value", [r'"\000"', r'"a\000b"', '"' + "9" * 400 + '"', "é"])
def test_odd_cookies_break_no_page(name: str, value: str, showcase: Showcase, served: None) -> None:
    client = Client()
    for path in ("/accounts/login/", "/jobs/"):
        answer = client.get(path, headers={"cookie": f"{name}={value}"})
        assert answer.status_code < 500, path


@pytest.mark.parametrize("text", ["\x00", "a\ud800b"])
def test_values_that_postgres_refuses_are_a_bad_request(
    text: str, recruiter: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jemmo.store.models import Organisation
    from jemmo.store.records import talents

    monkeypatch.setattr(talents, "search", lambda *_, **__: Organisation.objects.get(name=text))
    recruiter.raise_request_exception = False
    assert recruiter.get("/talents/").status_code == 400
