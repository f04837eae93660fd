"""The four ways in which a resume may be served, also over HTTP."""

from __future__ import annotations

import json

import aiohttp
import msgspec
import pytest
from msgspec import UNSET

from jemmo.connectors.file_answers import content_type, read_answer
from jemmo.connectors.flatchr.connector import FLATCHR
from jemmo.connectors.flatchr.files import resume_path
from jemmo.connectors.flatchr.resumes import resume_version
from jemmo.connectors.flatchr.wire import Resume
from jemmo.connectors.pacing import evenly
from jemmo.domain.errors import RecordRejected
from jemmo.sandbox import run_sandbox

FILE = b"%PDF-1.4 invented"
LINK = "https://storage.example.com/x.pdf?signature=1"


def test_each_kind_of_response_is_recognized() -> None:
    assert read_answer(200, {}, FILE).content == FILE
    assert read_answer(302, {"Location": LINK}, b"").link == LINK
    assert read_answer(200, {}, json.dumps({"url": LINK}).encode()).link == LINK
    bare = LINK.removeprefix("https://")
    assert read_answer(200, {}, json.dumps({"signature": bare}).encode()).link == LINK
    assert read_answer(200, {}, f" {bare}\n".encode()).link == LINK


@pytest.mark.parametrize(
    ("status", "body", "mode"),
    [
        (404, b"", "auto"),
        (302, b"", "auto"),
        (200, b"", "auto"),
        (200, b"<html><body>Sorry</body></html>", "auto"),
        (200, b'{"error":"x"}', "auto"),
        (200, b"{", "auto"),
        (200, b"nothing", "auto"),
        (200, FILE, "json"),
        (200, b'{"url":"https://storage.example.com/x"}', "binary"),
    ],
)
def test_anything_else_is_rejected(status: int, body: bytes, mode: str) -> None:
    with pytest.raises(RecordRejected):
        read_answer(status, {}, body, mode)


def test_files_are_recognized_by_their_first_bytes() -> None:
    assert content_type(FILE) == "application/pdf"
    assert content_type(b"<html>") is None


ADA = {"key": "candidates/2026/01/1/ada é", "extension": "pdf"}
ADDRESS = "http://files.example.com/candidates/2026/01/1/ada%20%C3%A9.pdf?X-Amz-Expires=86400"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"aws": ADA}, "candidates/2026/01/1/ada é.pdf"),
        ({"cv": ADA, "aws": None}, "candidates/2026/01/1/ada é.pdf"),
        ({"candidate": {"aws": ADA, "cv": ADDRESS}}, "candidates/2026/01/1/ada é.pdf"),
        ({"candidate": {"cv": ADDRESS}}, "candidates/2026/01/1/ada é.pdf"),
        ({"candidate": {"cv": ADDRESS.removeprefix("http://")}}, "candidates/2026/01/1/ada é.pdf"),
        ({"cv": None}, None),
        ({"candidate": {"cv": ""}}, None),
        ({"candidate": {"id": "x"}}, None),
        ({"candidate": None}, None),
        ({}, UNSET),
        ({"cv": "https://files.example.com/elsewhere.pdf"}, UNSET),
    ],
)
def test_the_location_of_a_resume_is_found_in_every_property(answer: object, told: object) -> None:
    assert resume_version(msgspec.convert(answer, Resume)) == told


def test_resumes_have_a_separate_pace() -> None:
    pacer = evenly(FLATCHR.configure("key", None, {"company_id": "Ab3dEf6hIj9kLm2n"}), 60)
    assert pacer is not None
    assert [pacer.reserve(0.0) for _ in range(3)] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("shape", ["binary", "redirect", "json", "text"])
async def test_the_sandbox_gives_the_file_in_every_shape(shape: str) -> None:
    switches = {"rate_limit": False, "cv_response": shape, "cv_key": "token"}
    async with (
        run_sandbox("flatchr", talents=9, switches=switches) as sandbox,
        aiohttp.ClientSession(sandbox.base_url) as session,
    ):
        world = sandbox.world
        cv = next(found for row in range(9) if (found := world.row("applicants", row)["cv"]))
        company = sandbox.provider.facts()["options"]["company_id"]
        path = resume_path(company, f"{cv['key']}.{cv['extension']}", sandbox.key)
        async with session.get(f"/{path}", allow_redirects=False) as answer:
            found = read_answer(answer.status, answer.headers, await answer.read())
        if found.link is not None:
            link = found.link.replace("https://", "http://")
            async with session.get(link) as answer:
                found = read_answer(answer.status, answer.headers, await answer.read())
        assert found.content is not None
        assert content_type(found.content) is not None
