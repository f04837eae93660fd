"""A person's export says what it lacks, and never leaves out a file without saying so."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from fakes.kept import keep
from fakes.showcase import Showcase

from jemmo.domain.access import Action
from jemmo.files.folder import FolderStorage
from jemmo.services.files import storage
from jemmo.store.models import AccessEvent, Job

SignedIn = Callable[[str], Client]


@pytest.fixture
def kept(
    showcase: Showcase, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Give Élodie a file; return the URL of her page under Privacy."""
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    storage.ready(FolderStorage(tmp_path / "files"))
    elodie = showcase.talent("elodie")
    keep(database_url, elodie, b"%PDF-1.4\n%a resume", tmp_path / "files")
    return f"/settings/privacy/people/{elodie.id}/"


def exported(client: Client, kept: str) -> tuple[dict[str, Any], str, list[str]]:
    """The data, the readable page, and the names of the files."""
    answer = client.post(f"{kept}export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        return data, page, [name for name in archive.namelist() if name.startswith("files/")]


def test_what_the_member_may_not_see_is_named(
    showcase: Showcase, signed_in: SignedIn, kept: str
) -> None:
    Job.objects.filter(org=showcase.org, remote_id="dev").update(visibility="CONFIDENTIAL")
    hidden = "applications for confidential jobs, and their files"
    pages = {}
    for role in ("admin", "owner"):
        data, page, _ = exported(signed_in(role), kept)
        pages[role] = data["not_included"]
        assert all(f"<li>{part}</li>" in page for part in data["not_included"])
        assert (hidden in data["not_included"]) is not data["records"][0]["applications"]

    assert pages["admin"] == [*pages["owner"], hidden, "notes"]
    shown = signed_in("admin").get(kept).content.decode()
    assert "include applications for confidential jobs" in shown
    assert "include rejected records, webhooks, or messages to support" in " ".join(shown.split())


def test_a_lost_file_is_named(signed_in: SignedIn, kept: str, tmp_path: Path) -> None:
    for file in (tmp_path / "files").rglob("*"):
        if file.is_file() and "jemmo-storage" not in file.parts:
            file.unlink()

    data, page, files = exported(signed_in("owner"), kept)

    assert (data["lost_files"], files) == (["cv.pdf"], [])
    assert "Files that could not be found" in page


def test_an_export_from_another_storage_is_refused(
    signed_in: SignedIn, kept: str, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "files")
    (tmp_path / "files").mkdir()

    answer = signed_in("owner").post(f"{kept}export/", follow=True)

    page = answer.content.decode().partition('<ul class="messages">')[2]
    assert "use the same file storage" in page
    assert not AccessEvent.objects.filter(action=Action.SUBJECT_EXPORTED).exists()
