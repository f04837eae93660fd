"""Paused deletions: the records they would remove, and the decision."""

from uuid import UUID

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jemmo.domain.errors import JemmoError
from jemmo.services.connections import paused_deletions
from jemmo.store.connections import paused_deletions as held
from jemmo.store.db.paging import whole_number
from jemmo.store.models.by_stream import MODELS
from jemmo.web.connections.ats import FRAME, connection_of, to_connection
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem


def _kept(deleted: int) -> str:
    """Say what a sync deleted before a confirmation was withdrawn."""
    if not deleted:
        return _(
            "Nothing was deleted. If these records are still missing at the next full comparison, Jemmo "
            "will ask you again."
        )
    text = ngettext(
        "%(shown)s record had already been deleted. If the others are still missing at the next full "
        "comparison, Jemmo will ask you again.",
        "%(shown)s records had already been deleted. If the others are still missing at the next full "
        "comparison, Jemmo will ask you again.",
        deleted,
    )
    return text % {"shown": intcomma(deleted)}


@manager
def decide(request: MemberRequest, connection_id: UUID, stream: str) -> HttpResponse:
    connection = connection_of(request, connection_id)
    shown = {"connection": connection, **FRAME}
    failed: JemmoError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "release":
                missing = whole_number(request.POST.get("missing", ""))
                paused_deletions.release(
                    connection, stream, missing=-1 if missing is None else missing
                )
                messages.success(
                    request,
                    _(
                        "Deletions confirmed. A full comparison has been requested and will delete these "
                        "records."
                    ),
                )
            else:
                deleted = paused_deletions.keep(connection, stream)
                messages.success(request, _kept(deleted))
            return to_connection(connection)
        except JemmoError as error:
            failed = error
    page = held.held_page(connection, stream, request.GET)
    if page is None and stream not in MODELS:
        raise Http404
    if page is None:
        decided = problem(failed or paused_deletions.decided(connection))
        messages.info(request, f"{decided.message} {decided.next_step}")
        return to_connection(connection)
    if failed:
        shown["problem"] = problem(failed)
    return render(request, "connections/deletions.html", {"held": page, **shown})
