import io
import re
import zipfile
from typing import Any

import aiohttp


async def with_resume(client: Any) -> Any:
    page = await client.get("/v1/candidates?page[size]=30")
    return [r for r in page["data"] if r["attributes"]["resume"]]


async def fetch(url: Any, **headers: Any) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_a_fresh_link_returns_a_pdf_with_the_name(sandbox: Any) -> None:
    client = await sandbox()
    record = (await with_resume(client))[0]
    url = record["attributes"]["resume"]
    assert re.search(r"/s3/resumes/[0-9a-f]{40}\.pdf\?X-Amz-Algorithm=.*X-Amz-Expires=60&", url)
    status, _, body = await fetch(url)
    assert status == 200
    assert body.startswith(b"%PDF-")
    assert (record["attributes"]["last-name"] or "").strip().encode("cp1252") in body


async def test_a_link_expires_after_a_minute_and_is_renewed(sandbox: Any) -> None:
    client = await sandbox()
    record = (await with_resume(client))[0]
    await client.control("advance", seconds=61)
    status, kind, body = await fetch(record["attributes"]["resume"])
    assert (status, kind) == (403, "application/xml")
    assert b"Request has expired" in body
    again = (await client.get(f"/v1/candidates/{record['id']}"))["data"]["attributes"]["resume"]
    assert again.partition("?")[0] == record["attributes"]["resume"].partition("?")[0]
    assert (await fetch(again))[0] == 200


async def test_a_key_or_a_forged_signature_is_refused(sandbox: Any) -> None:
    client = await sandbox()
    url = (await with_resume(client))[0]["attributes"]["resume"]
    assert (await fetch(url, Authorization="Token token=test-key"))[0] == 400
    assert (await fetch(re.sub("Signature=.{8}", "Signature=00000000", url)))[0] == 403


async def test_an_original_may_be_a_word_file(sandbox: Any) -> None:
    client = await sandbox()
    links = [r["attributes"]["original-resume"] for r in await with_resume(client)]
    link = next(link for link in links if link and ".docx?" in link)
    archive = zipfile.ZipFile(io.BytesIO((await fetch(link))[2]))
    assert "word/document.xml" in archive.namelist()
    assert None in links or any(".pdf?" in link for link in links)


async def test_a_replaced_file_moves(sandbox: Any) -> None:
    client = await sandbox()
    record = (await with_resume(client))[0]
    await client.control("edit", type="candidates", id=record["id"], file="Brand new CV")
    new = (await client.get(f"/v1/candidates/{record['id']}"))["data"]["attributes"]["resume"]
    assert new.partition("?")[0] != record["attributes"]["resume"].partition("?")[0]
    assert b"Brand new CV" in (await fetch(new))[2]


async def test_uploads_have_neither_size_nor_type(sandbox: Any) -> None:
    client = await sandbox()
    upload = (await client.get("/v1/uploads"))["data"][0]["attributes"]
    assert set(upload) == {"url", "file-name", "internal", "created-at", "updated-at"}
    assert (await fetch(upload["url"]))[0] == 200
