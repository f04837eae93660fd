"""Errors of stopped syncs, and of what people enter or request on pages."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_NOTHING = _("No action needed. The next sync will resume where this one left off.")
_NOTHING_YET = _("Once syncs are resumed, the next one will continue where this one left off.")
_SUPPORT = _("Copy this entry and send it to support. No data was lost.")
_HALF_A_MINUTE = _("Try again in 30 seconds.")

SYNCS: dict[str, Entry] = {
    "cancelled": _own(_("The worker or command that ran the sync was stopped."), _NOTHING),
    "cancelled/command": _own("Stopped.", "Run the command again to resume where it left off."),
    "cancelled/connection": _own(
        _("The sync stopped because its connection was paused or disconnected."), _NOTHING_YET
    ),
    "interrupted": _own(_("The process that ran the sync was interrupted."), _NOTHING),
    "same_failure": _own(
        _("The sync failed for the same reason as before, so retrying may not help."),
        _(
            "Follow the next step shown with the error. If that doesn't help, send the error to "
            "support."
        ),
    ),
    "lease_lost": _own(_("Another run took over, so this run stopped."), _NOTHING),
    "slice_over": _own(_("Other syncs are waiting for this worker."), _NOTHING),
    "already_running": _own(
        _("A sync of this connection is already running."),
        _("Wait for that sync to finish. To see its progress, run `jemmo status`."),
    ),
    "internal": _own(_("Jemmo ran into an unexpected error."), _SUPPORT),
    "internal/report": _own(
        "Jemmo ran into an unexpected error.",
        "Send {path} to support. It contains the error's location in the code, but no data.",
    ),
    "internal/place": _own(
        "Jemmo ran into an unexpected error.", "Send this error location to support: {place}."
    ),
    "error": _own(
        _("Something went wrong."),
        _("Try again. If the error occurs again, send this message to support."),
    ),
}

PAGE_REQUESTS: dict[str, Entry] = {
    "always_quiet": _own(
        _("Quiet hours cover the whole week, so no sync could ever start."),
        _("Leave some hours free, or pause the connections."),
    ),
    "contact_reason_missing": _own(
        _("Enter a reason."), _("Briefly explain why this person must not be contacted.")
    ),
    "empty": _own(_("The message is empty."), _("Describe the problem.")),
    "questions_wait": _own(
        _("Other ATS requests are still waiting for a response."), _HALF_A_MINUTE
    ),
    "questions_wait/organization": _own(
        _("A request from your organization is still waiting for a response from the ATS."),
        _HALF_A_MINUTE,
    ),
    "questions_wait/person": _own(
        _("Your last request to an ATS is still waiting for a response."), _HALF_A_MINUTE
    ),
    "too_many_keys": _own(
        _("Too many keys were tried in a short time, so this one wasn't sent to the ATS."),
        _("Wait ten minutes, then try again. Enter the key exactly as the ATS shows it."),
    ),
    "too_many_questions": _own(
        _("Jemmo sent the ATS too many requests in a short time, so this one wasn't sent."),
        _("Try again in ten minutes."),
    ),
    "not_refreshable": _own(
        _("This ATS can't return records of this type one at a time."),
        _("Run a sync instead. A sync reads everything that has changed."),
    ),
}
