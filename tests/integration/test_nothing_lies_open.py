"""A stolen dump, log or files folder reveals no key and no contact details."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from contracts.harness import Harness, Vendor, start
from contracts.vendors.flatchr import FLATCHR
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import in_thread
from fakes.dump import dump
from fakes.processes import jemmo

from jemmo.domain.streams import Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.files.download import download_files
from jemmo.store.models import Connection
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server

KEY = "very-secret-api-key-0123456789"
SIGNS = (b"%PDF-", b"PK\x03\x04", b"Curriculum", b"word/document")


@pytest.mark.long
@pytest.mark.parametrize(
    ("vendor", "talents"),
    [
        (TEAMTAILOR, 60),
        pytest.param(FLATCHR, 24, marks=pytest.mark.long),  # it serves one resume per second
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_a_full_run_leaves_no_key_and_no_contact_in_plain_text(
    vendor: Vendor, talents: int, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("JEMMO_KEYSET", str(tmp_path / "keys" / "keyset.json"))
    said = []
    async with start(vendor, talents=talents, keys={KEY: "admin"}) as ats:
        secrets = {KEY, *[one async for one in contacts(ats)]}
        given = {**vendor.options, "pacing": "off"}
        options = [f"--option={name}={value}" for name, value in given.items()]
        words = ("--org", "acme", "--key-stdin", "--base-url", ats.base_url, *options)
        said.append(await jemmo("connect", vendor.name, *words, stdin=f"{KEY}\n"))
        for mode in ("initial", "reconcile"):
            said.append(await jemmo("sync", "--org", "acme", "--mode", mode))
        await fetch(database_url, tmp_path / "files")
        for more in (("status",), ("doctor",), ("verify", "--org", "acme"), ("keys", "rotate")):
            said.append(await jemmo(*more))

    assert [one.status for one in said] == [0] * len(said), said
    assert len(secrets) > 30
    for table, text in dump(database_url).items():
        found = {one for one in secrets if one in text}
        assert not found, (table, len(found))
    for one in said:
        assert not {secret for secret in secrets if secret in one.out + one.err}
    kept = [path.read_bytes() for path in files_below(tmp_path / "files")]
    assert kept
    for content in kept:
        assert not [sign for sign in SIGNS if sign in content]
        assert not {one for one in secrets if one.encode() in content}


async def contacts(ats: Harness) -> AsyncIterator[str]:
    """Return each talent's e-mail addresses and phone numbers, as spelled in the ATS."""
    for record in (await ats.truth(Stream.TALENTS)).values():
        attributes = record.get("attributes", record)
        for name in ("email", "phone"):
            value = str(attributes.get(name) or "").strip()
            if re.search(r"@|\d{6}", value.replace(" ", "")):
                yield value


async def fetch(database_url: str, folder: Path) -> None:
    connection_id = await in_thread(lambda: Connection.objects.get().id)
    told = await download_files(
        connection_id,
        database_url=database_url,
        vault=default_vault(),
        storage=FolderStorage(folder),
        seconds=8,
    )
    assert told.outcomes["stored"], json.dumps(told.error)


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
