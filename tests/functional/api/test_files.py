"""Files in the API: their metadata, and short-lived download links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from fakes import programs
from fakes.kept import keep
from fakes.programs import Asks
from fakes.showcase import Showcase

from jemmo.files.folder import FolderStorage
from jemmo.files.storage import StorageError
from jemmo.home import home
from jemmo.sandbox.files import pdf
from jemmo.services.accounts import tokens
from jemmo.services.files import program_files
from jemmo.store.db import scope
from jemmo.store.models import AccessEvent, Attachment, Talent

CONTENT = pdf("Rust and Go")
RIGHTS = ("records", "contacts", "files")


@pytest.fixture
def resume(showcase: Showcase, database_url: str) -> Attachment:
    return keep(database_url, showcase.talent("elodie"), CONTENT, home() / "files")


def download(url: str, status: int = 200) -> Any:
    """Follow a link without a token."""
    with scope.acting_in(scope.NOBODY):
        response = programs.client().get(url)
    assert response.status_code == status, response.content
    return response


def test_only_files_of_visible_talents_are_listed(
    showcase: Showcase, token: Callable[..., str], ask: Asks, resume: Attachment
) -> None:
    secret = token("records", "files")
    rows = ask("files", secret)["data"]

    [row] = [row for row in rows if row["id"] == str(resume.id)]
    assert (row["file_name"], row["fetch_status"], row["size"]) == (
        resume.file_name,
        "STORED",
        len(CONTENT),
    )
    assert ask(f"files/{resume.id}", secret) == row
    assert ask(f"files?talent_id={resume.talent_id}", secret)["data"] == [row]
    assert ask("files?fetch_status=STORED&fields=kind", secret)["data"] == [
        {"id": row["id"], "kind": row["kind"]}
    ]
    Talent.objects.filter(id=resume.talent_id).update(excluded_reason="talent_archived")
    ask(f"files/{resume.id}", secret, 404)


def test_a_link_works_without_a_token_and_is_logged(
    showcase: Showcase, token: Callable[..., str], ask: Asks, resume: Attachment
) -> None:
    link = ask(f"files/{resume.id}/link", token(*RIGHTS))

    response = download(link["url"])
    assert response.content == CONTENT
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    noted = AccessEvent.objects.get(org=showcase.org, action="file_downloaded")
    assert noted.talent == resume.talent_id
    assert noted.detail["token"] == str(showcase.org.api_tokens.get().id)


def test_a_link_expires_after_minutes_and_with_its_token(
    showcase: Showcase,
    token: Callable[..., str],
    ask: Asks,
    resume: Attachment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = ask(f"files/{resume.id}/link", token(*RIGHTS))["url"]

    assert download(url[:-1] + ("A" if url[-1] != "A" else "B"), 404).json()["code"] == "not_found"
    with monkeypatch.context() as later:
        later.setattr(program_files, "LINK_SECONDS", -1)
        download(url, 404)
    own = showcase.org.api_tokens.get()
    own.scopes = ["records", "files"]
    own.save()
    assert download(url, 403).json()["code"] == "scope_missing"
    tokens.revoke(showcase.org, str(own.id), now=datetime.now(UTC))
    download(url, 404)


@pytest.mark.parametrize("change", ["withheld", "excluded", "gone", "private"])
def test_a_link_is_checked_again_when_it_is_followed(
    token: Callable[..., str], ask: Asks, resume: Attachment, change: str
) -> None:
    url = ask(f"files/{resume.id}/link", token(*RIGHTS))["url"]
    now = datetime.now(UTC)
    changes: dict[str, dict[str, Any]] = {
        "withheld": {"do_not_contact_at": now},
        "excluded": {"excluded_reason": "talent_archived"},
        "gone": {"remote_deleted_at": now},
        "private": {"is_private": True},
    }
    Talent.objects.filter(id=resume.talent_id).update(**changes[change])
    download(url, 404)


def test_files_need_their_scopes(
    token: Callable[..., str], ask: Asks, resume: Attachment, showcase: Showcase
) -> None:
    ask("files", token("records"), 403)
    ask(f"files/{resume.id}/link", token("records", "files"), 403)
    ask(f"files/{resume.id}/link", token(*RIGHTS, org=showcase.stranger), 404)
    waiting = Attachment.objects.filter(org=showcase.org).exclude(fetch_status="STORED").first()
    if waiting:
        problem = ask(f"files/{waiting.id}/link", token(*RIGHTS), 404)
        assert "fetch_status" in problem["next_step"]


def test_a_missing_file_is_a_problem_document(
    token: Callable[..., str], ask: Asks, resume: Attachment
) -> None:
    url = ask(f"files/{resume.id}/link", token(*RIGHTS))["url"]
    for path in (home() / "files").rglob("*"):
        if path.is_file() and str(resume.current_version) in path.name:
            path.unlink()
    problem = download(url, 503)
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["next_step"]


def test_a_storage_that_does_not_respond_is_a_problem_document(
    token: Callable[..., str], ask: Asks, resume: Attachment
) -> None:
    url = ask(f"files/{resume.id}/link", token(*RIGHTS))["url"]
    error = StorageError(place="a folder", reason="it is too slow")
    with patch.object(FolderStorage, "get", side_effect=error):
        problem = download(url, 503).json()
    assert problem["code"] == "storage_unavailable"
    assert problem["title"] == "The file storage isn't responding."


@pytest.mark.parametrize("file_id", ["x", "-1", "9" * 30, str(2**63), "1.5"])
def test_an_invalid_id_is_refused(token: Callable[..., str], ask: Asks, file_id: str) -> None:
    assert ask(f"files/{file_id}", token(*RIGHTS), 422)["code"] == "bad_parameter"
