"""`jemmo files read` shows how Jemmo treats a file, without storing anything."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jemmo.cli.main import app
from jemmo.sandbox.files import docx, pdf, png


def read(path: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["files", "read", str(path), "--json"])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert set(answer) == {"kind", "content_type", "verdict", "reason", "text_status", "text"}
    return answer


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize(
    ("content", "kind", "verdict", "reason", "status", "text"),
    [
        (docx("Élodie"), "docx", "kept", None, "read", "Élodie"),
        (pdf(""), "pdf", "kept", None, "empty", ""),
        (png(), "png", "kept", None, "empty", ""),
        (b"%PDF-1.4 and then nothing", "pdf", "kept", "failed", "failed", ""),
        (b"MZ\x90\x00", None, "refused", "type_not_kept", "failed", ""),
        (b"", None, "refused", "empty", "failed", ""),
    ],
)
def test_the_output_shows_the_verdict_on_a_file(
    tmp_path: Path,
    content: bytes,
    kind: str | None,
    verdict: str,
    reason: str | None,
    status: str,
    text: str,
) -> None:
    path = tmp_path / "resume.bin"
    path.write_bytes(content)
    answer = read(path)
    assert (answer["kind"], answer["verdict"], answer["reason"]) == (kind, verdict, reason)
    assert (answer["text_status"], answer["text"]) == (status, text)
    assert [entry.name for entry in tmp_path.iterdir()] == ["resume.bin"]


def test_a_file_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMMO_FILE_MB", "1")
    path = tmp_path / "large.txt"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    assert read(path)["reason"] == "too_large"


def test_people_get_the_text_or_the_reason(tmp_path: Path) -> None:
    def shown(content: bytes) -> str:
        path = tmp_path / "resume"
        path.write_bytes(content)
        return CliRunner().invoke(app, ["files", "read", str(path)]).stdout

    assert shown(docx("Élodie [bold]")).endswith("\n\nÉlodie [bold]\n")
    assert "No text found." in shown(pdf(""))
    assert "couldn't be read: The file is damaged" in shown(b"%PDF-1.4 nothing")
    assert shown(b"MZ\x90\x00").startswith("Refused: The file isn't a supported document")
    hostile = shown(docx("a\u202eb\u009b31m"))
    assert hostile.splitlines()[-1] == "a b 31m"


@pytest.mark.parametrize("name", ["missing", "folder", "pipe", "nul\0"])
def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    done = CliRunner().invoke(app, ["files", "read", f"{tmp_path}/{name}", "--json"])
    assert done.exit_code == 4
    assert json.loads(done.stdout)["error"]["code"] == "file_unreadable"
