"""Exports of any length need little memory: rows are streamed into a file, from which they are sent."""

from __future__ import annotations

import asyncio
import csv
import gc
import inspect
import io
import json
import secrets
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, get_args, get_type_hints

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from fakes.showcase import Showcase

from jemmo.domain.access import Action
from jemmo.files.folder import FolderStorage
from jemmo.services.base.contexts import file_context
from jemmo.services.privacy import subject_export
from jemmo.store.models import AccessEvent, Attachment, FileVersion
from jemmo.vault import default_vault
from jemmo.web import urls
from jemmo.web.frame import serving, spooled
from jemmo.web.frame.limits import Crowded, InFlight, SlowReader
from jemmo.web.frame.serving import Pages
from jemmo.web.frame.spooled import Spooled

SignedIn = Callable[[str], Client]
MANY = 20_000
LITTLE = 12 * 1024 * 1024  # bytes


@pytest.fixture
def looked_at(showcase: Showcase) -> int:
    """A talent with many views; returns the total number of access events."""
    AccessEvent.objects.bulk_create(
        [
            AccessEvent(
                org=showcase.org,
                action=Action.CONTACTS_VIEWED,
                talent=showcase.talent("elodie").id,
                detail={"note": "x" * 200},
            )
            for _ in range(MANY)
        ],
        batch_size=2000,
    )
    return AccessEvent.objects.filter(org=showcase.org).count()


def asked_by(address: str = "198.51.100.7", org: str = "acme") -> Any:
    """Return a request by a member."""
    request: Any = RequestFactory().get("/", REMOTE_ADDR=address)
    request.organisation = SimpleNamespace(id=org)
    return request


def download(rows: str = "row", **asked: str) -> Spooled:
    write = spooled.lines([rows])
    return Spooled(asked_by(**asked), write, content_type="text/csv", file_name="rows.csv")


class Peak:
    """Measures Python's peak memory within a block."""

    bytes = 0

    def __enter__(self) -> Self:
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@pytest.mark.long
def test_exporting_the_access_log_takes_little_memory(looked_at: int, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    with Peak() as peak:
        answer = admin.get("/settings/privacy/access/record.csv")
        size = sum(map(len, answer))
    assert size > MANY * 250
    assert peak.bytes < LITTLE
    again = admin.get("/settings/privacy/access/record.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(again).decode("utf-8-sig"))))
    assert len(rows) == looked_at + 2  # the two exports


@pytest.mark.long
def test_exporting_a_persons_data_takes_little_memory(
    looked_at: int, showcase: Showcase, signed_in: SignedIn, tmp_path: Path
) -> None:
    with Peak() as peak, (tmp_path / "out.zip").open("w+b") as file:
        subject_export.export(
            *(showcase.org, [showcase.talent("elodie").id], file),
            vault=default_vault(),
            storage=FolderStorage(tmp_path),
        )
    assert peak.bytes < LITTLE
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        (told,) = json.loads(archive.read("data.json"))["records"]
        page = archive.read("index.html").decode()
    assert len(told["who_looked"]) > MANY
    assert page.count(str(Action.CONTACTS_VIEWED)) >= MANY
    assert page.count("<ul>") == page.count("</ul>")
    assert page.count("<dl>") == page.count("</dl>")

    answer = signed_in("admin").post(
        f"/settings/privacy/people/{showcase.talent('elodie').id}/export/"
    )
    assert answer["Content-Disposition"].startswith('attachment; filename="about-')
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert {"data.json", "index.html"} <= set(archive.namelist())


def test_only_one_of_a_persons_files_is_in_memory_at_a_time(
    showcase: Showcase, tmp_path: Path
) -> None:
    talent, size, number = showcase.talent("elodie"), 2_000_000, 12
    storage, vault = FolderStorage(tmp_path), default_vault()
    attachment = Attachment.objects.filter(talent=talent).first()
    assert attachment
    FileVersion.objects.filter(attachment__talent=talent).delete()
    content = secrets.token_bytes(size)
    for one in range(number):
        version = FileVersion.objects.create(
            org=showcase.org,
            attachment=attachment,
            sha256=str(one),
            size=size,
            content_type="application/pdf",
            state="stored",
        )
        storage.put(version.storage_name, vault.seal(content, file_context(version.id)))
    with Peak() as peak, (tmp_path / "out.zip").open("w+b") as file:
        subject_export.export(showcase.org, [talent.id], file, vault=vault, storage=storage)
    assert peak.bytes < 5 * size
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        kept = [archive.read(one) for one in archive.namelist() if one.startswith("files/")]
    assert kept == [content] * number


async def test_downloads_are_read_part_by_part(
    monkeypatch: pytest.MonkeyPatch, served: None
) -> None:
    """The file is deleted with the response, even if the client leaves."""
    monkeypatch.setattr(spooled, "IN_MEMORY", 1000)

    def answer() -> Spooled:
        return Spooled(
            asked_by(),
            spooled.lines(f"row {number}\n" for number in range(100_000)),
            content_type="text/csv",
            file_name="rows.csv",
        )

    class Answers(Pages):
        made: list[Spooled] = []

        def get_response(self, request: Any) -> Any:
            self.made.append(answer())
            return self.made[-1]

    whole_lines = list(answer())  # screenshot mode changes the parts one by one
    assert len(whole_lines) > 5
    assert all(part.endswith(b"\n") for part in whole_lines)

    class Leaves(Exception):
        pass

    pages: Any = Answers()
    scope = {"path": "/", "method": "GET", "headers": [], "type": "http", "query_string": b""}
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        assert len(sent[-1]) < 2 * spooled.PART
        if leaves and sent[-1]:
            raise Leaves

    leaves = True
    with pytest.raises(Leaves):
        await pages._answer(scope, io.BytesIO(), send)
    leaves = False
    sent.clear()
    await pages._answer(scope, io.BytesIO(), send)
    assert b"".join(sent).count(b"\n") == 100_000
    assert [one.file.closed for one in pages.made] == [True, True]


def test_an_unsent_response_leaves_no_file() -> None:
    answer = download()
    file: Any = answer.file._file
    del answer
    gc.collect()
    assert file.closed


def test_an_export_that_fails_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def fails(file: Any) -> None:
        opened.append(file)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Spooled(asked_by(), fails, content_type="text/csv", file_name="rows.csv")
    assert opened[0].closed
    assert not spooled.BYTES._held
    assert not spooled.WRITERS._held


async def test_unread_responses_of_a_visitor_take_limited_space(
    monkeypatch: pytest.MonkeyPatch, served: None
) -> None:
    monkeypatch.setattr(serving, "ANSWERS", InFlight(each=2_000_000, all_of_them=3_000_000))

    class Answers(Pages):
        def get_response(self, request: Any) -> Any:
            request.membership = SimpleNamespace(org_id=request.path)
            return HttpResponse(b"x" * (10 if request.path == "/small" else 1_500_000))

    pages, stuck = Answers(), asyncio.Event()

    def visit(
        client: str, path: str, *, reads: bool
    ) -> tuple[asyncio.Task[None], list[int], asyncio.Event]:
        scope = {
            "path": path,
            "method": "GET",
            "headers": [],
            "type": "http",
            "client": (client, 1),
        }
        statuses: list[int] = []
        began = asyncio.Event()

        async def send(message: Any) -> None:
            if "status" in message:
                statuses.append(message["status"])
                began.set()
                if not reads:
                    await stuck.wait()

        body = io.BytesIO()
        answering = pages._answer({**scope, "query_string": b""}, body, send)
        return asyncio.create_task(answering), statuses, began

    async def status(client: str, path: str) -> int:
        task, statuses, _ = visit(client, path, reads=True)
        await task
        return statuses[0]

    slow, _, began = visit("198.51.100.7", "/acme", reads=False)
    await began.wait()
    assert await status("198.51.100.7", "/other") == 503
    assert await status("198.51.100.8", "/acme") == 503  # the same organization
    assert await status("198.51.100.8", "/other") == 200
    assert await status("198.51.100.7", "/small") == 200
    stuck.set()
    await slow
    assert await status("198.51.100.7", "/acme") == 200


def test_downloads_are_limited_by_address_by_organization_and_in_total(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spooled, "BYTES", InFlight(each=20, all_of_them=30))
    first = download("x" * 15, address="198.51.100.7", org="acme")
    for address, org in (("198.51.100.7", "other"), ("198.51.100.8", "acme")):
        with pytest.raises(Crowded):
            download("x" * 10, address=address, org=org)
    second = download("x" * 10, address="198.51.100.8", org="other")
    with pytest.raises(Crowded):
        download("x" * 10, address="198.51.100.9", org="third")
    first.close()
    third = download("x" * 10, address="198.51.100.7", org="acme")
    for one in (second, third):
        assert b"".join(one) == b"x" * 10
    assert not spooled.BYTES._held


def test_an_organization_has_few_downloads_at_a_time_and_writes_one(served: None) -> None:
    held = [download(address=f"198.51.100.{number}") for number in range(4)]
    with pytest.raises(Crowded):
        download()
    held += [download(org="other")]
    for one in held:
        one.close()

    def write_another(file: spooled.Spool) -> None:
        download(org="other").close()
        with pytest.raises(Crowded):
            download()
        file.write(b"row")

    answer = Spooled(asked_by(), write_another, content_type="text/csv", file_name="rows.csv")
    assert b"".join(answer) == b"row"


def test_too_many_downloads_are_refused_with_a_time_to_retry(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    org, viewer, admin = str(showcase.org.id), signed_in("viewer"), signed_in("admin")
    person = f"/settings/privacy/people/{showcase.talent('elodie').id}/export/"
    before = AccessEvent.objects.count()
    held = [download(org=org) for _ in range(4)]
    answers = [
        viewer.get("/settings/logs/download.csv"),
        viewer.get("/settings/logs/download.jsonl"),
        admin.get("/settings/privacy/access/record.csv"),
        admin.post(person),
    ]
    assert [(one.status_code, "Retry-After" in one) for one in answers] == [(503, True)] * 4
    assert AccessEvent.objects.count() == before  # undelivered exports aren't logged
    for one in held:
        one.close()
    assert viewer.get("/settings/logs/download.csv").status_code == 200


def test_a_download_is_unreadable_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "IN_MEMORY", 1)
    text = "Élodie Martin, +33 6 00 00 00 00\n" * 10_000
    answer, again = download(text), download(text)
    on_disk = []
    for one in (answer, again):
        file = one.file._file
        on_disk.append(file.read())
        file.seek(0)
        assert b"Martin" not in on_disk[-1]
        assert b"".join(one) == text.encode()
    assert on_disk[0] != on_disk[1]


def test_a_download_that_takes_too_long_to_write_is_canceled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spooled, "WRITING_SECONDS", -1.0)
    with pytest.raises(Crowded):
        download()


async def test_the_time_for_a_whole_response_is_limited(
    monkeypatch: pytest.MonkeyPatch, served: None
) -> None:
    monkeypatch.setattr(serving, "SENDING_SECONDS", 0.0)
    spooled_answer = download()

    class Answers(Pages):
        def get_response(self, request: Any) -> Any:
            return spooled_answer if request.path == "/spooled" else HttpResponse(b"x")

    async def send(message: Any) -> None:
        await asyncio.Event().wait()  # forever

    for path in ("/spooled", "/page"):
        scope: dict[str, Any] = {"path": path, "method": "GET", "headers": [], "type": "http"}
        scope["query_string"] = b""
        with pytest.raises(SlowReader):
            await Answers()._answer(scope, io.BytesIO(), send)
    assert spooled_answer.file.closed


async def test_downloads_use_separate_threads(served: None) -> None:
    threads = []

    class Answers(Pages):
        def get_response(self, request: Any) -> Any:
            threads.append(threading.current_thread().name.partition("_")[0])
            return HttpResponse()

    async def send(message: Any) -> None:
        """Discard the message."""

    scope = {"method": "GET", "headers": [], "type": "http", "query_string": b""}
    for path in ("/settings/logs/download.csv", "/settings/logs/", "/nowhere/"):
        await Answers()._answer({**scope, "path": path}, io.BytesIO(), send)
    assert threads == ["downloads", "pages", "pages"]


def test_every_view_with_a_long_response_is_a_download() -> None:
    long = [one for one in _views(urls.urlpatterns) if Spooled in _returns(one)]
    assert len(long) == 8
    assert all(hasattr(one, "is_download") for one in long)


def _views(patterns: list[Any]) -> Iterator[Any]:
    for page in patterns:
        if hasattr(page, "url_patterns"):
            yield from _views(page.url_patterns)
        else:
            yield page.callback


def _returns(view: Any) -> tuple[object, ...]:
    kind = get_type_hints(inspect.unwrap(view)).get("return")
    return (kind, *get_args(kind))
