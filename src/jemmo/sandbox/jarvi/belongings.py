"""Applications and resumes of talents. The public API shows only their number."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.jarvi.frame import DAY_US, Frame
from jemmo.sandbox.jarvi.ids import uuid
from jemmo.sandbox.jarvi.moments import text
from jemmo.sandbox.jarvi.projects import Projects
from jemmo.sandbox.mixing import mix

STAGES = tuple(uuid("statuses", n) for n in range(200, 206))
STAGE_NAMES = dict(
    zip(
        STAGES,
        ("Nouveau", "Préqualification", "Entretien client", "Offre", "Recruté·e", "Refusé·e"),
        strict=True,
    )
)
FILES = (("CV.pdf", "application/pdf"), ("cv_2024.docx",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"))  # fmt: skip
PER_PROFILE = 8


class Belongings:
    """Applications and resumes by the number of their profile."""

    def __init__(self, frame: Frame, projects: Projects) -> None:
        self._frame = frame
        self._salt = frame.salt("belongings")
        self._open = [
            row
            for row in range(frame.projects)
            if projects.is_recruitment(row) and not projects.is_deleted(row)
        ]
        self._applications: dict[int, list[dict[str, Any]]] = {}
        self._resumes: dict[int, list[dict[str, Any]]] = {}

    def applications(self, row: int) -> list[dict[str, Any]]:
        """Return the applications of a profile."""
        if row in self._applications:
            return self._applications[row]
        bits = mix(self._salt, row)
        if row >= self._frame.profiles or self._frame.kind(row) != "t" or not self._open:
            return []
        count = min((0, 1, 1, 2)[bits & 3], len(self._open))
        return [self._application(row, nth, bits) for nth in range(count)]

    def _application(self, row: int, nth: int, bits: int) -> dict[str, Any]:
        project = self._open[(bits // 8 + nth) % len(self._open)]
        at = self._frame.epoch_ms * 1000 - (bits % 700 + 1) * DAY_US
        return {
            "id": uuid("applications", row * PER_PROFILE + nth),
            "profileId": uuid("profiles", row), "projectId": uuid("projects", project),
            "statusId": STAGES[(bits // 64 + nth) % len(STAGES)],
            "createdAt": text(at), "updatedAt": text(at + DAY_US // 2), "deletedAt": None,
        }  # fmt: skip

    def resumes(self, row: int) -> list[dict[str, Any]]:
        """Return the resumes of a profile."""
        if row in self._resumes:
            return self._resumes[row]
        bits = mix(self._salt, row) >> 8
        if row >= self._frame.profiles or self._frame.kind(row) != "t":
            return []
        return [self._resume(row, nth) for nth in range((0, 1, 1, 2)[bits & 3])]

    def _resume(self, row: int, nth: int) -> dict[str, Any]:
        name, kind = FILES[nth % len(FILES)]
        at = text(self._frame.epoch_ms * 1000 - (row % 500 + 1) * DAY_US)
        file_id = uuid("files", row * PER_PROFILE + nth)
        return {
            "fileId": file_id, "createdAt": at, "updatedAt": at,
            "file": {"id": file_id, "name": name, "size": 24_000 + row % 1000, "mimeType": kind},
        }  # fmt: skip

    def change_applications(self, row: int, applications: list[dict[str, Any]]) -> None:
        """Replace the applications of a profile."""
        self._applications[row] = applications

    def change_resumes(self, row: int, resumes: list[dict[str, Any]]) -> None:
        """Replace the resumes of a profile."""
        self._resumes[row] = resumes
