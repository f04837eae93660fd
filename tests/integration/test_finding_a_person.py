"""Privacy requests find everyone, whatever the ATS has in its fields for addresses and numbers."""

from __future__ import annotations

import json
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from contracts.harness import Harness, start
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import Company, company, in_thread
from fakes.processes import jemmo

from jemmo.domain.streams import Mode, Stream
from jemmo.services.base import lookups
from jemmo.services.base.lookups import talents_by_contact
from jemmo.services.privacy import people
from jemmo.store.models import Organisation
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server

ADDRESS, NUMBER = "ada.exemple@example.com", "+33 6 00 00 43 21"
FIELDS: tuple[dict[str, str | None], ...] = (
    {"email": ADDRESS.upper()},
    {"email": f"Ada Exemple <{ADDRESS}>"},
    {"email": f"other@example.org; {ADDRESS}"},
    {"email": f"other@example.org/{ADDRESS}"},
    {"email": "ada.exemple\u200b@exam\u200bple.com"},
    {"email": f"{ADDRESS}."},
    {"email": f"mailto:{ADDRESS}?subject=Bonjour"},
    {"email": None, "phone": ADDRESS},
    {"email": None, "phone": "06 00 00 43 21"},
    {"email": "0033600004321", "phone": None},
    {"email": None, "phone": "06.00.00.43.21 ext. 12"},
    {"email": None, "phone": "01 00 00 00 07 / 06 00 00 43 21"},
    {"email": None, "phone": "0100000007 0600004321"},
    {"email": None, "phone": "\u200b06\u200b00004321"},
    {"email": None, "phone": "tel:+33600004321"},
    {"first-name": f"Ada ({ADDRESS})", "email": None, "phone": None},
)


@pytest.fixture
async def ats() -> Any:
    async with start(TEAMTAILOR, talents=len(FIELDS) + 4) as harness:
        yield harness


async def written(ats: Harness, database_url: str) -> tuple[Company, set[str]]:
    """A synced company with one person in each of ``FIELDS``; yields their ids."""
    ids = sorted(await ats.truth(Stream.TALENTS))[: len(FIELDS)]
    for remote_id, attributes in zip(ids, FIELDS, strict=True):
        await ats.server.change("edit", "candidates", remote_id, attributes=attributes)
    found = await company(database_url, base_url=ats.base_url, key=ats.server.key)
    await found.sync()
    return found, set(ids)


def with_address() -> list[int]:
    """Return the indexes in ``FIELDS`` that contain the address; the others contain the number."""
    return [
        place
        for place, fields in enumerate(FIELDS)
        if ADDRESS in " ".join(filter(None, fields.values())).replace("\u200b", "").lower()
    ]


async def ids_of(found: Company, keys: list[Any]) -> set[str]:
    rows = await found.rows("SELECT remote_id FROM talent WHERE id = ANY(%s)", keys)
    return {row[0] for row in rows}


TYPED = {
    "address": (ADDRESS, f"Ada <{ADDRESS}>", f"mailto:{ADDRESS}", "ada.exemple@ex\u200bample.com"),
    "number": (NUMBER, "0600004321", "06 00 00 43 21 ext 3", "tel:+33600004321"),
}


@pytest.mark.long
async def test_every_record_is_found_by_address_and_number(ats: Harness, database_url: str) -> None:
    found, ids = await written(ats, database_url)
    by_address = {sorted(ids)[place] for place in with_address()}
    meant = {"address": by_address, "number": ids - by_address}

    def search(typed: str) -> tuple[list[Any], list[Any], list[Any]]:
        org, vault = Organisation.objects.get(slug="acme"), default_vault()
        listed = people.search(org, typed, actor=None, vault=vault).people
        return (
            talents_by_contact(org, typed, vault=vault),
            talents_by_contact(org, typed, vault=vault, thoroughly=True),
            [one.id for one in listed],
        )

    for kind, ways in TYPED.items():
        for typed in ways:
            for ways_found in await in_thread(partial(search, typed)):
                assert await ids_of(found, ways_found) == meant[kind], typed


async def test_older_rows_are_found_immediately_by_a_request_and_soon_by_a_search(
    ats: Harness, database_url: str
) -> None:
    found, ids = await written(ats, database_url)

    def search(*, thoroughly: bool) -> list[Any]:
        org = Organisation.objects.get(slug="acme")
        return talents_by_contact(org, ADDRESS, vault=default_vault(), thoroughly=thoroughly)

    everybody = await in_thread(lambda: search(thoroughly=True))
    assert len(everybody) > 1
    # As after a migration: with hashes from an earlier version.
    await found.rows("UPDATE talent_contacts SET hashes = '{}', hashes_outdated = true RETURNING 1")

    assert await in_thread(lambda: search(thoroughly=False)) == []
    assert sorted(await in_thread(lambda: search(thoroughly=True))) == sorted(everybody)
    assert await in_thread(lambda: lookups.backfill_contact_hashes(default_vault())) >= len(ids)
    assert await in_thread(lambda: lookups.backfill_contact_hashes(default_vault())) == 0
    assert sorted(await in_thread(lambda: search(thoroughly=False))) == sorted(everybody)


@pytest.mark.long
async def test_an_erasure_covers_all_of_them_permanently(
    ats: Harness, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    found, ids = await written(ats, database_url)

    target = tmp_path / "about.zip"
    exported = await jemmo(
        *("subject-export", "--org", "acme", "--email-stdin", "--to", str(target)),
        stdin=f"{ADDRESS}\n",
    )
    assert exported.status == 0, exported.err
    with zipfile.ZipFile(target) as archive:
        told = json.loads(archive.read("data.json"))
    named = {one["person"]["remote_id"] for one in told["records"]}
    assert len(named) == len(with_address())

    for typed in (ADDRESS, NUMBER):
        done = await jemmo(
            "erase", "--org", "acme", "--email-stdin", "--yes", "--json", stdin=f"{typed}\n"
        )
        assert done.status == 0, done.err
    for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
        await found.sync(mode)
        assert not ids & await found.ids(Stream.TALENTS)
    assert (await found.verify()).equal


async def test_a_person_is_found_by_the_original_spelling_of_the_name(
    ats: Harness, database_url: str
) -> None:
    """The index transliterates letters, not only accents, so the search must do the same."""
    names = ("Weiß", "Bjørnsen", "Łukaszek", "Đặng", "Lecœur", "Ægisson", "Þórsdóttir", "Benoît")
    ids = sorted(await ats.truth(Stream.TALENTS))[: len(names)]
    for remote_id, name in zip(ids, names, strict=True):
        await ats.server.change("edit", "candidates", remote_id, attributes={"last-name": name})
    found = await company(database_url, base_url=ats.base_url, key=ats.server.key)
    await found.sync()

    def ask(name: str) -> set[str]:
        org = Organisation.objects.get()
        listed = people.search(org, name, actor=None, vault=default_vault()).people
        return {talent.remote_id for talent in listed}

    for remote_id, name in zip(ids, names, strict=True):
        for typed in (name, name.upper(), name.lower()):
            assert remote_id in await in_thread(partial(ask, typed)), typed
