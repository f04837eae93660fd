"""Files on pages: visible by right, through short-lived links, harmless, and logged."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.utils.html import escape
from django.utils.timezone import now

from jemmo.home import home
from jemmo.sandbox.files import docx, pdf, png

if TYPE_CHECKING:
    from fakes.showcase import Showcase

    from jemmo.store.models import Attachment

SignedIn = Callable[[str], Client]
DOWNLOADED_AGAIN = "downloads them from the ATS again"
WORDS = "Élodie Müller\nKubernetes und <script>alert(1)</script>\nelodie.private@mail.example"


@pytest.fixture
def folder() -> Path:
    return home() / "files"


@pytest.fixture
def resume(showcase: Showcase, database_url: str, folder: Path) -> Attachment:
    from fakes.kept import keep

    return keep(database_url, showcase.talent("elodie"), pdf(WORDS), folder)


def bytes_of(client: Client, version: object) -> object:
    to = client.get(f"/files/{version}/download/")
    assert to.status_code == 302
    return client.get(to["Location"])


def events() -> list[tuple[str, str | None]]:
    from jemmo.store.models import AccessEvent

    return [
        (one.action, one.account.email if one.account else None)
        for one in AccessEvent.objects.order_by("id").select_related("account")
    ]


def test_a_talents_page_shows_the_file(
    showcase: Showcase, recruiter: Client, resume: Attachment
) -> None:
    page = recruiter.get(f"/talents/{showcase.talent('elodie').id}/").content.decode()

    assert f"/files/{resume.current_version}/" in page
    assert "cv.pdf" in page
    assert "PDF" in page
    assert "Download" in page


def test_the_text_is_shown_and_nothing_in_it_runs(recruiter: Client, resume: Attachment) -> None:
    page = recruiter.get(f"/files/{resume.current_version}/").content.decode()

    assert "Kubernetes" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert events() == [("file_viewed", "recruiter@acme.example")]


@pytest.mark.parametrize(
    ("content", "heading", "reason"),
    [
        (pdf(""), "No text found", "It may be a scan."),
        (b"%PDF-1.4 and then nothing", "The text couldn't be read", "The file is damaged"),
    ],
)
def test_files_without_text_differ_from_unreadable_ones(
    showcase: Showcase,
    recruiter: Client,
    database_url: str,
    folder: Path,
    content: bytes,
    heading: str,
    reason: str,
) -> None:
    from fakes.kept import keep

    talent = showcase.talent("elodie")
    attachment = keep(database_url, talent, content, folder)

    page = recruiter.get(f"/files/{attachment.current_version}/").content.decode()
    assert f"<h2>{escape(heading)}</h2>" in page
    assert reason in page
    assert f" · {escape(heading)}" in recruiter.get(f"/talents/{talent.id}/").content.decode()


def test_files_that_an_earlier_reader_could_not_read_are_reread(
    showcase: Showcase, recruiter: Client, database_url: str, folder: Path
) -> None:
    from fakes.kept import keep

    from jemmo.files.folder import FolderStorage
    from jemmo.services.files import cleanup
    from jemmo.store.models import FileText, FileVersion
    from jemmo.vault import default_vault

    attachment = keep(database_url, showcase.talent("elodie"), docx("Élodie"), folder)
    version = FileVersion.objects.filter(id=attachment.current_version or "")
    version.update(text_status="FAILED")
    FileText.objects.all().delete()
    again = import_module("jemmo.store.migrations.0119_files_read_again")
    with connection.cursor() as cursor:
        cursor.execute(again.PENDING.replace("%", "%%"), [])
    page = recruiter.get(f"/files/{attachment.current_version}/").content.decode()
    assert "Reading the text" in page

    cleanup.clean_up(FolderStorage(folder), default_vault(), now=now() + timedelta(hours=2))

    assert version.get().text_status == "DONE"
    assert "Élodie" in recruiter.get(f"/files/{attachment.current_version}/").content.decode()


def test_a_download_is_harmless_and_logged(recruiter: Client, resume: Attachment) -> None:
    answer = bytes_of(recruiter, resume.current_version)

    assert answer.content == pdf(WORDS)  # type: ignore[attr-defined]
    headers = answer.headers  # type: ignore[attr-defined]
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"] == 'attachment; filename="cv.pdf"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert "private" in headers["Cache-Control"]
    assert events() == [("file_downloaded", "recruiter@acme.example")]


@pytest.mark.parametrize("tail", ["", "download/", "image/"])
def test_files_require_the_right_to_see_contacts(
    viewer: Client, resume: Attachment, tail: str
) -> None:
    assert viewer.get(f"/files/{resume.current_version}/{tail}").status_code == 403
    assert events() == []


def test_a_viewers_page_links_no_file(
    showcase: Showcase, viewer: Client, resume: Attachment
) -> None:
    assert "/files/" not in viewer.get(f"/talents/{showcase.talent('elodie').id}/").content.decode()


@pytest.mark.parametrize("tail", ["", "download/", "image/"])
def test_another_organizations_files_are_invisible(
    signed_in: SignedIn, resume: Attachment, tail: str
) -> None:
    assert signed_in("outsider").get(f"/files/{resume.current_version}/{tail}").status_code == 404


def test_a_link_works_for_one_person_and_a_few_minutes(
    signed_in: SignedIn, recruiter: Client, resume: Attachment
) -> None:
    address = recruiter.get(f"/files/{resume.current_version}/download/")["Location"]

    assert signed_in("admin").get(address).status_code == 404
    assert signed_in("outsider").get(address).status_code == 404
    assert Client().get(address).status_code == 302  # redirects to sign-in
    assert recruiter.get(f"{address[:-2]}x/").status_code == 404
    assert recruiter.get(address).status_code == 200
    late = time.time() + 301
    with patch("django.core.signing.time.time", lambda: late):
        assert recruiter.get(address).status_code == 404


def test_revoking_the_right_ends_the_link(
    showcase: Showcase, recruiter: Client, resume: Attachment
) -> None:
    from jemmo.store.models import Membership

    address = recruiter.get(f"/files/{resume.current_version}/download/")["Location"]
    Membership.objects.filter(account=showcase.person("recruiter")).update(role="viewer")

    assert recruiter.get(address).status_code == 403


def test_a_machine_with_another_storage_reports_it(
    recruiter: Client, resume: Attachment, folder: Path, tmp_path: Path
) -> None:
    """The web server uses another folder, which doesn't contain the workers' files."""
    from jemmo.files.folder import FolderStorage
    from jemmo.services.files import storage

    storage.accept(FolderStorage(folder))
    with patch(
        "jemmo.services.files.stored_files.open_storage", lambda: FolderStorage(tmp_path / "own")
    ):
        answer = bytes_of(recruiter, resume.current_version)

    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert b"use the same file storage" in answer.content  # type: ignore[attr-defined]


def test_files_of_deleted_people_are_gone_and_of_excluded_people_remain(
    showcase: Showcase, recruiter: Client, resume: Attachment
) -> None:
    from jemmo.store.models import Talent

    elodie = Talent.objects.filter(id=showcase.talent("elodie").id)
    for change, status in (
        ({"excluded_reason": "archived"}, 200),
        ({"remote_deleted_at": datetime.now(UTC)}, 404),
    ):
        elodie.update(**{"excluded_reason": None, "remote_deleted_at": None, **change})
        assert recruiter.get(f"/files/{resume.current_version}/").status_code == status


def test_an_image_is_shown_within_its_page(
    showcase: Showcase, recruiter: Client, database_url: str, folder: Path
) -> None:
    from fakes.kept import keep

    picture = keep(database_url, showcase.talent("elodie"), png(), folder)
    page = recruiter.get(f"/files/{picture.current_version}/").content.decode()
    assert f"/files/{picture.current_version}/image/" in page
    answer = recruiter.get(recruiter.get(f"/files/{picture.current_version}/image/")["Location"])

    assert answer.content == png()
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Content-Disposition"].endswith('"cv.pdf.png"')


def test_an_earlier_version_remains_available(
    showcase: Showcase, recruiter: Client, resume: Attachment, database_url: str, folder: Path
) -> None:
    from fakes.kept import keep

    newer = keep(database_url, showcase.talent("elodie"), docx("Now with Rust"), folder)
    page = recruiter.get(f"/files/{newer.current_version}/").content.decode()

    assert "Now with Rust" in page
    assert f"/files/{resume.current_version}/" in page
    earlier = recruiter.get(f"/files/{resume.current_version}/").content.decode()
    assert "Earlier version" in earlier


def test_people_are_found_by_the_words_of_their_resume(
    recruiter: Client, viewer: Client, signed_in: SignedIn, resume: Attachment
) -> None:
    assert "Müller" in recruiter.get("/talents/?q=KUBERNETES").content.decode()
    assert "Müller" in recruiter.get("/talents/?q=müller kubernetes").content.decode()
    assert "Müller" not in recruiter.get("/talents/?q=kubernetes haskell").content.decode()
    for other in (viewer, signed_in("outsider")):
        assert "Müller" not in other.get("/talents/?q=kubernetes").content.decode()


def test_a_file_missing_from_the_storage_is_explained(
    recruiter: Client, resume: Attachment, folder: Path
) -> None:
    from fakes.kept import version_of

    (folder / version_of(resume).storage_name).unlink()
    answer = bytes_of(recruiter, resume.current_version)

    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert "be opened right now" in answer.content.decode()  # type: ignore[attr-defined]
    assert DOWNLOADED_AGAIN in answer.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("hindrance", ["rule", "paused", "off", "gone"])
def test_no_download_is_promised_for_a_file_that_is_not_fetched(
    showcase: Showcase, recruiter: Client, resume: Attachment, folder: Path, hindrance: str
) -> None:
    from fakes.kept import version_of

    from jemmo.store.models import Attachment, Connection, Talent

    version = version_of(resume)
    (folder / version.storage_name).unlink()
    connection = Connection.objects.filter(id=resume.talent.connection_id)
    if hindrance == "rule":
        Talent.objects.filter(id=resume.talent_id).update(excluded_reason="talent_archived")
    elif hindrance == "paused":
        connection.update(state="paused")
    elif hindrance == "off":
        connection.update(provider="greenhouse", options={"resumes": "off"})
    else:
        Attachment.objects.filter(id=resume.id).update(fetch_status="GONE")
    page = bytes_of(recruiter, version.id).content.decode()  # type: ignore[attr-defined]

    assert DOWNLOADED_AGAIN not in page
    assert escape("Jemmo isn't downloading it at the moment.") in page


def test_an_earlier_version_is_not_downloaded_again(
    showcase: Showcase, recruiter: Client, resume: Attachment, database_url: str, folder: Path
) -> None:
    from fakes.kept import keep, version_of

    earlier = version_of(resume)
    keep(database_url, showcase.talent("elodie"), docx("Now with Rust"), folder)
    (folder / earlier.storage_name).unlink()
    page = bytes_of(recruiter, earlier.id).content.decode()  # type: ignore[attr-defined]

    assert DOWNLOADED_AGAIN not in page
    assert escape("Jemmo can't download earlier versions again.") in page


def test_a_storage_that_does_not_respond_is_not_a_missing_file(
    recruiter: Client, resume: Attachment
) -> None:
    from jemmo.files.folder import FolderStorage
    from jemmo.files.storage import StorageError

    error = StorageError(place="a folder", reason="it is too slow")
    with patch.object(FolderStorage, "get", side_effect=error):
        answer = bytes_of(recruiter, resume.current_version)

    assert answer.status_code == 503  # type: ignore[attr-defined]
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert escape("The file storage isn't responding. Try again later.") in page


def test_a_refused_file_says_why(showcase: Showcase, recruiter: Client) -> None:
    from jemmo.store.models import Attachment

    Attachment.objects.filter(talent=showcase.talent("elodie")).update(
        fetch_status="REFUSED", reason="macros"
    )
    page = recruiter.get(f"/talents/{showcase.talent('elodie').id}/").content.decode()

    assert "refused (it contains macros)" in page
    assert "type" not in page.partition("refused (")[2].partition(")")[0]
    assert "/files/" not in page


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        ("REFUSED", "macros", "newer one was refused (it contains macros)"),
        ("TOO_LARGE", "storage_too_large", "newer one was refused (it is larger than the file"),
        ("GONE", "gone", "no longer in the ATS"),
        ("PENDING", None, "a newer version hasn&#x27;t been downloaded yet"),
    ],
)
def test_an_earlier_version_is_not_shown_as_current(
    showcase: Showcase, recruiter: Client, resume: Attachment, status: str, reason: str, text: str
) -> None:
    from jemmo.store.models import Attachment

    Attachment.objects.filter(id=resume.id).update(
        fetch_status=status, reason=reason, remote_version="2"
    )
    page = recruiter.get(f"/talents/{showcase.talent('elodie').id}/").content.decode()

    assert f"/files/{resume.current_version}/" in page
    assert text in page


def test_a_file_without_a_version_may_be_the_same(
    showcase: Showcase, recruiter: Client, resume: Attachment
) -> None:
    from jemmo.store.models import Attachment

    Attachment.objects.filter(id=resume.id).update(fetch_status="PENDING", remote_version=None)
    page = recruiter.get(f"/talents/{showcase.talent('elodie').id}/").content.decode()

    assert "checking for a newer version" in page


def test_a_file_that_is_no_image_is_noted_by_the_address_of_images_too(
    recruiter: Client, resume: Attachment
) -> None:
    before = events()

    answer = recruiter.get(f"/files/{resume.current_version}/image/", follow=True)

    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(events()) == len(before) + 1


def test_a_file_of_an_excluded_talent_is_not_announced(
    showcase: Showcase, recruiter: Client
) -> None:
    from jemmo.store.models import Attachment

    for remote_id in ("elodie", "archived"):
        talent = showcase.talent(remote_id)
        Attachment.objects.create(
            org=showcase.org,
            talent=talent,
            remote_id=f"file-of-{remote_id}",
            kind="RESUME",
            fetch_status="PENDING",
        )
    shown = {
        remote_id: recruiter.get(f"/talents/{showcase.talent(remote_id).id}/").content.decode()
        for remote_id in ("elodie", "archived")
    }

    assert "not downloaded yet" in shown["elodie"]
    assert "not downloaded yet" not in shown["archived"]
    assert "not downloaded while the talent is excluded" in shown["archived"]
