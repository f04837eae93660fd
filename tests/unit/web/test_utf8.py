"""Clients can't choose the encoding of a form, or make parsing its content type slow."""

from __future__ import annotations

import encodings
import time
from io import BytesIO
from typing import Any

import pytest

from jemmo.web.frame import utf8
from jemmo.web.frame.serving import Pages
from jemmo.web.frame.utf8 import LONGEST_TYPE, Utf8Request


def request_of(
    content_type: str = "", body: bytes = b"", query: bytes = b"", cookie: bytes = b""
) -> Utf8Request:
    headers = [(b"content-type", content_type.encode("latin-1")), (b"cookie", cookie)]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query,
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
    }
    return Utf8Request(scope, BytesIO(body))


def form(*parts: str) -> bytes:
    lines = [f"--x\r\nContent-Disposition: form-data; {part}\r\n\r\né\r\n" for part in parts]
    return "".join([*lines, "--x--\r\n"]).encode()


def test_django_uses_this_request_class() -> None:
    assert Pages.request_class is Utf8Request


@pytest.mark.parametrize("charset", ["punycode", "hex", "utf-16", "undefined", "none-of-python's"])
def test_a_form_is_read_as_utf_8_whatever_it_declares(charset: str) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    request = request_of(kind, form('name="name"'), b"q=%C3%A9")
    assert request.POST["name"] == request.GET["q"] == "é"
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    assert request_of(kind, "name=é".encode()).POST["name"] == "é"


@pytest.mark.parametrize(
    "parameters", [";" * 60_000, f'a="{";" * 60_000}', "a=b;" * 15_000, "a*=none''b", "a*=hex''%ff"]
)
def test_content_types_that_are_slow_or_have_an_encoding_are_ignored(parameters: str) -> None:
    request = request_of(f"multipart/form-data; boundary=x; {parameters}", form('name="name"'))
    assert (request.content_type, request.META["CONTENT_TYPE"]) == ("", "")
    assert not request.POST


def test_content_types_from_browsers_are_accepted() -> None:
    boundary = "-" * 30 + "1" * 40
    assert len(f"multipart/form-data; boundary={boundary}; charset=utf-8") < LONGEST_TYPE / 2


def test_cookies_are_parsed_quickly() -> None:
    """Up to Python 3.11.9 and 3.12.5 this was quadratic: 15 seconds for 60 kB."""
    began = time.process_time()
    request = request_of(cookie=b'jemmo=secret; a="' + b"\\" * 60_000 + b'"; b=2')
    assert request.COOKIES == {"jemmo": "secret", "a": "", "b": "2"}
    assert time.process_time() - began < 3


def test_unknown_encoding_names_are_not_remembered_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utf8, "MOST_NAMES", 5)
    names = [f"none{number}" for number in range(20)]
    parts = [f"name=\"a\"; filename*={name}''b" for name in names]
    request_of("multipart/form-data; boundary=x", form(*parts)).POST  # noqa: B018 - read when asked for
    assert not {*names} & encodings._cache.keys()
