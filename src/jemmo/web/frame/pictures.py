"""Serves a picture in a response that can't run anything."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from jemmo.files.kinds import ENDINGS
from jemmo.files.pictures import Picture
from jemmo.web.frame.screenshots import without_masking

LOCKED = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def picture_answer(picture: Picture | None) -> HttpResponse:
    """The picture's bytes. Raises ``Http404`` without one."""
    if picture is None:
        raise Http404
    answer = HttpResponse(picture.content, content_type=picture.content_type)
    answer["Content-Disposition"] = f'inline; filename="picture.{ENDINGS[picture.content_type]}"'
    answer["Content-Security-Policy"] = LOCKED
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return without_masking(answer)
