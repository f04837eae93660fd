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
    "role": {
        "owner": pgettext_lazy("role", "Owner"),
        "admin": pgettext_lazy("role", "Admin"),
        "recruiter": pgettext_lazy("role", "Recruiter"),
        "viewer": pgettext_lazy("role", "Viewer"),
    },
    "role_help": {
        "owner": _("everything, and who else is an owner"),
        "admin": _("connects the ATS and looks after the members"),
        "recruiter": _("sees jobs and talents with their contact details"),
        "viewer": _("sees jobs and talents without contact details"),
    },
    "refusal": {
        "not_allowed": _("Your role does not allow this."),
        "last_owner": _("An organisation keeps at least one owner."),
        "changed_meanwhile": _("Somebody else changed this in the meantime."),
        "already_member": _("This person is a member already."),
        "already_invited": _("This person is invited already."),
        "invitation_gone": _("This invitation is no longer valid."),
        "other_account": _("The invitation is for another e-mail address."),
        "email": _("This is not an e-mail address."),
    },
    "remedy": {
        "not_allowed": _("Ask an owner of the organisation."),
        "last_owner": _("Make somebody else an owner first."),
        "changed_meanwhile": _("Look at it again and repeat it if it is still needed."),
        "already_member": _("Change the role in the list."),
        "already_invited": _("Copy the link of the invitation, or withdraw it first."),
        "invitation_gone": _("Ask whoever invited you for a new one."),
        "other_account": _("Sign out, and sign in with the address that was invited."),
        "email": "",
    },
    "audit": {
        "member.invited": pgettext_lazy("audit", "invited"),
        "member.invitation_withdrawn": pgettext_lazy("audit", "withdrew the invitation of"),
        "member.joined": pgettext_lazy("audit", "joined"),
        "member.role_changed": pgettext_lazy("audit", "changed the role of"),
        "member.left": pgettext_lazy("audit", "left"),
        "member.removed": pgettext_lazy("audit", "removed"),
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
