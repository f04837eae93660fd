"""The canonical values in the reader's language, list by list: one word may mean two things."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS: dict[str, dict[str, str | Promise]] = {
    "job": {
        "OPEN": pgettext_lazy("job", "Open"),
        "DRAFT": pgettext_lazy("job", "Draft"),
        "PENDING": pgettext_lazy("job", "Scheduled"),
        "ON_HOLD": pgettext_lazy("job", "On hold"),
        "CLOSED": pgettext_lazy("job", "Closed"),
        "ARCHIVED": pgettext_lazy("job", "Archived"),
    },
    "visibility": {
        "PUBLIC": pgettext_lazy("visibility", "Public"),
        "INTERNAL": pgettext_lazy("visibility", "Internal"),
        "UNLISTED": pgettext_lazy("visibility", "Unlisted"),
        "CONFIDENTIAL": pgettext_lazy("visibility", "Confidential"),
    },
    "employment": {
        "FULL_TIME": pgettext_lazy("employment", "Full time"),
        "PART_TIME": pgettext_lazy("employment", "Part time"),
        "CONTRACTOR": pgettext_lazy("employment", "Contractor"),
        "TEMPORARY": pgettext_lazy("employment", "Temporary"),
        "INTERN": pgettext_lazy("employment", "Internship"),
        "APPRENTICE": pgettext_lazy("employment", "Apprenticeship"),
        "VOLUNTEER": pgettext_lazy("employment", "Volunteer"),
        "FREELANCE": pgettext_lazy("employment", "Freelance"),
        "SEASONAL": pgettext_lazy("employment", "Seasonal"),
        "OTHER": pgettext_lazy("employment", "Other contract"),
    },
    "remote": {
        "ON_SITE": pgettext_lazy("remote", "On site"),
        "HYBRID": pgettext_lazy("remote", "Hybrid"),
        "REMOTE": pgettext_lazy("remote", "Remote"),
        "TEMPORARY": pgettext_lazy("remote", "Temporarily remote"),
    },
    "pay": {
        "HOUR": pgettext_lazy("pay", "an hour"),
        "DAY": pgettext_lazy("pay", "a day"),
        "WEEK": pgettext_lazy("pay", "a week"),
        "TWO_WEEKS": pgettext_lazy("pay", "every two weeks"),
        "MONTH": pgettext_lazy("pay", "a month"),
        "YEAR": pgettext_lazy("pay", "a year"),
    },
    "stage": {
        "NEW": pgettext_lazy("stage", "New"),
        "SCREENING": pgettext_lazy("stage", "Screening"),
        "INTERVIEW": pgettext_lazy("stage", "Interview"),
        "ASSESSMENT": pgettext_lazy("stage", "Assessment"),
        "OFFER": pgettext_lazy("stage", "Offer"),
        "HIRED": pgettext_lazy("stage", "Hired"),
        "REJECTED": pgettext_lazy("stage", "Rejected"),
        "WITHDRAWN": pgettext_lazy("stage", "Withdrawn"),
        "OTHER": pgettext_lazy("stage", "Other"),
    },
    "application": {
        "ACTIVE": pgettext_lazy("application", "In progress"),
        "HIRED": pgettext_lazy("application", "Hired"),
        "REJECTED": pgettext_lazy("application", "Rejected"),
        "WITHDRAWN": pgettext_lazy("application", "Withdrawn"),
        "CONVERTED": pgettext_lazy("application", "Moved to another job"),
        "OTHER": pgettext_lazy("application", "Other status"),
    },
    "rejected_by": {
        "CANDIDATE": pgettext_lazy("rejected by", "by the candidate"),
        "COMPANY": pgettext_lazy("rejected by", "by the company"),
    },
    "origin": {
        "APPLIED": pgettext_lazy("origin", "Applied"),
        "SOURCED": pgettext_lazy("origin", "Sourced"),
        "REFERRED": pgettext_lazy("origin", "Referred"),
        "AGENCY": pgettext_lazy("origin", "From an agency"),
        "INTERNAL": pgettext_lazy("origin", "From inside"),
        "UNIVERSITY": pgettext_lazy("origin", "From a university"),
        "IMPORTED": pgettext_lazy("origin", "Imported"),
        "OTHER": pgettext_lazy("origin", "Another way"),
    },
    "consent": {
        "UNKNOWN": pgettext_lazy("consent", "Unknown"),
        "ASKED": pgettext_lazy("consent", "Asked, no answer yet"),
        "GIVEN": pgettext_lazy("consent", "Given"),
        "REFUSED": pgettext_lazy("consent", "Refused"),
        "EXPIRED": pgettext_lazy("consent", "Expired"),
        "WITHDRAWN": pgettext_lazy("consent", "Withdrawn"),
    },
    "file": {
        "RESUME": pgettext_lazy("file", "Resume"),
        "COVER_LETTER": pgettext_lazy("file", "Cover letter"),
        "PORTFOLIO": pgettext_lazy("file", "Portfolio"),
        "OFFER_LETTER": pgettext_lazy("file", "Offer letter"),
        "TEST": pgettext_lazy("file", "Test"),
        "OTHER": pgettext_lazy("file", "File"),
    },
    "fetch": {
        "PENDING": _("known, not fetched yet"),
        "STORED": _("kept"),
        "GONE": _("no longer in the ATS"),
        "TOO_LARGE": _("too large to keep"),
        "REFUSED": _("refused: not a file Jemmo keeps"),
    },
    "file_type": {
        "application/pdf": "PDF",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
        "application/msword": "Word",
        "application/vnd.oasis.opendocument.text": "OpenDocument",
        "application/rtf": "RTF",
        "text/plain": pgettext_lazy("file type", "Text"),
        "image/jpeg": pgettext_lazy("file type", "Image"),
        "image/png": pgettext_lazy("file type", "Image"),
    },
    "file_reason": {
        "empty": _("it is empty"),
        "too_large": _("it is larger than Jemmo keeps"),
        "type_not_kept": _("it is no kind of document that Jemmo keeps"),
        "broken": _("it is damaged"),
        "archive_bomb": _("it would unpack to far more than it is"),
        "macros": _("it holds macros"),
        "embedded": _("it holds another file or program"),
        "not_a_resume": _("the ATS sent no file"),
        "file_host": _("it lies on a host that is not allowed"),
        "resumes_off": _("the ATS does not document where files are fetched"),
        "files_off": _("the ATS hands out no files"),
    },
    "role": {
        "owner": pgettext_lazy("role", "Owner"),
        "admin": pgettext_lazy("role", "Admin"),
        "recruiter": pgettext_lazy("role", "Recruiter"),
        "viewer": pgettext_lazy("role", "Viewer"),
    },
    "connection": {
        "active": pgettext_lazy("connection", "Active"),
        "paused": pgettext_lazy("connection", "Paused"),
        "refused": pgettext_lazy("connection", "Key refused"),
    },
    "mode": {
        "initial": _("Initial sync"),
        "incremental": _("Incremental sync"),
        "reconcile": _("Full comparison"),
    },
    "run": {
        "running": pgettext_lazy("run", "Running"),
        "succeeded": pgettext_lazy("run", "Succeeded"),
        "partial": pgettext_lazy("run", "Partly done"),
        "failed": pgettext_lazy("run", "Failed"),
    },
    "trigger": {
        "manual": pgettext_lazy("trigger", "by hand"),
        "schedule": pgettext_lazy("trigger", "by itself"),
        "webhook": pgettext_lazy("trigger", "by the ATS"),
    },
    "stream": {
        "departments": pgettext_lazy("stream", "Departments"),
        "users": pgettext_lazy("stream", "Recruiters"),
        "reject_reasons": pgettext_lazy("stream", "Reject reasons"),
        "jobs": pgettext_lazy("stream", "Jobs"),
        "stages": pgettext_lazy("stream", "Stages"),
        "talents": pgettext_lazy("stream", "Talents"),
        "applications": pgettext_lazy("stream", "Applications"),
    },
}


def word(value: object, kind: str) -> str:
    """A canonical value in the reader's language; one that is not known as it is."""
    return str(WORDS[kind].get(str(value), value or ""))
