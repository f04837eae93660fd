"""Stored files: previews of their text, and downloads by short-lived links."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from jemmo.domain.errors import JemmoError
from jemmo.services.files import stored_files
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, NotForViewer, member
from jemmo.web.frame.problems import problem

LOCKED = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Headers of a file's response, so that nothing in it can run here."""


@member
def detail(request: MemberRequest, version_id: UUID) -> HttpResponse:
    try:
        preview = stored_files.preview(request.membership, version_id, vault=default_vault())
    except stored_files.NotAllowed:
        raise NotForViewer from None
    if preview is None:
        raise Http404
    shown = {"preview": preview, "talent": preview.version.attachment.talent, "section": "talents"}
    return render(request, "files/file.html", shown)


@member
def link(request: MemberRequest, version_id: UUID, *, inline: bool = False) -> HttpResponse:
    """Redirect to the content; the address is valid for a few minutes and only for this person."""
    try:
        token = stored_files.link(request.membership, version_id, inline=inline)
    except stored_files.NotAllowed:
        raise NotForViewer from None
    if token is None:
        raise Http404
    return redirect("file_bytes", token)


@member
def content(request: MemberRequest, token: str) -> HttpResponse:
    ticket = stored_files.read_link(request.membership.account, token)
    if ticket is None:
        raise Http404
    try:
        file = stored_files.take_file(request.membership, ticket, vault=default_vault())
    except stored_files.NotAllowed:
        raise NotForViewer from None
    except JemmoError as error:
        details = {"problem": problem(error), "section": "talents"}
        return render(request, "files/file_gone.html", details, status=503)
    if file is None:
        raise Http404
    answer = HttpResponse(file.content, content_type=file.content_type)
    how = content_disposition_header(not ticket.inline, file.file_name)
    answer["Content-Disposition"] = how or "attachment"
    answer["Content-Security-Policy"] = LOCKED
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer
