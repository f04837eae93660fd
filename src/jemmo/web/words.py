"""The canonical values in the reader's language, list by list: one word may mean two things."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jemmo.web.privacy_words import PRIVACY

WORDS: dict[str, dict[str, str | Promise]] = {
    "capability": {
        "applications": _("applications"),
        "resumes": _("resumes"),
        "custom_fields": _("custom fields"),
        "incremental": _("changes alone"),
        "deletes": _("deletions"),
        "webhooks": _("webhooks"),
    },
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
    "file_text": {
        "PENDING": _("The text is being read"),
        "DONE": _("The text isn’t kept"),
        "EMPTY": _("No text found"),
        "FAILED": _("The text could not be read"),
        "TOO_SLOW": _("The text could not be read"),
        "NO_READER": _("The text could not be read"),
    },
    "file_text_reason": {
        "PENDING": _("It appears here within the hour."),
        "DONE": _("Jemmo keeps the text of a file’s latest version only."),
        "EMPTY": _("The file holds no text. It may be a scan."),
        "FAILED": _("The file is damaged, or written in a way that Jemmo doesn’t know."),
        "TOO_SLOW": _("Reading it took too long or too much memory."),
        "NO_READER": _("Jemmo can’t read files on this system."),
    },
    "file_reason": {
        "empty": _("it is empty"),
        "too_large": _("it is larger than Jemmo keeps"),
        "storage_too_large": _("it is larger than the file storage accepts"),
        "type_not_kept": _("it is no kind of document that Jemmo keeps"),
        "broken": _("it is damaged"),
        "archive_bomb": _("it would unpack to far more than it is"),
        "macros": _("it holds macros"),
        "embedded": _("it holds another file or program"),
        "encrypted": _("it takes a password to open it"),
        "too_costly": _("inspecting it took too long or too much memory"),
        "not_a_resume": _("the ATS sent no file"),
        "file_host": _("it lies on a host that is not allowed"),
        "resumes_off": _("the ATS does not document where files are fetched"),
        "files_off": _("the ATS hands out no files"),
        "file_not_told": _("the ATS has not said where it is"),
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
        "last_owner": _("An organization keeps at least one owner."),
        "changed_meanwhile": _("Somebody else changed this in the meantime."),
        "already_member": _("This person is a member already."),
        "already_invited": _("This person is invited already."),
        "invitation_gone": _("This invitation is no longer valid."),
        "other_account": _("The invitation is for another e-mail address."),
        "unproved_address": _("Your e-mail address isn't confirmed yet."),
        "organisation_exists": _(
            "This organization exists already. Give yourself access with `jemmo user add`."
        ),
        "email": _("This is not an e-mail address."),
    },
    "remedy": {
        "not_allowed": _("Ask an owner of the organization."),
        "last_owner": _("Make somebody else an owner first."),
        "changed_meanwhile": _("Look at it again and repeat it if it is still needed."),
        "already_member": _("Change the role in the list."),
        "already_invited": _("Copy the link of the invitation, or withdraw it first."),
        "invitation_gone": _("Ask whoever invited you for a new one."),
        "other_account": _("Sign out, and sign in with the address that was invited."),
        "unproved_address": _("Confirm it in “My account”, then open the invitation again."),
        "email": "",
    },
    "finding": {
        "nothing_connected": _("No ATS is connected yet."),
        "well": _("Everything was last synced"),
        "refused": _("Your key was refused."),
        "paused": _("The sync is paused."),
        "failed": _("The last sync failed."),
        "running": _("A sync is under way."),
        "never": _("The first sync has not finished."),
        "overdue": _("The last success is more than a day ago."),
        "held": pgettext_lazy("trouble", "Needs a decision"),
        "files": _("Files cannot be downloaded."),
    },
    "finding_help": {
        "nothing_connected": _("Connect one, and jobs and talents appear by themselves."),
        "well": _("Is a record missing all the same? Tell us which one."),
        "refused": _("Make a new key in your ATS and enter it:"),
        "paused": _("Somebody paused it. Resume it when you are ready:"),
        "failed": _("It is tried again by itself. Look at the error:"),
        "running": _("New data appears by itself."),
        "never": _("The first sync starts by itself. Look at its progress:"),
        "overdue": _("Start one by hand, and look at what kept it:"),
        "overdue_viewer": _("Recruiters and admins can start a sync."),
        "files": _("Syncs go on. Look at the error:"),
    },
    "audit": {
        "member.invited": pgettext_lazy("audit", "invited"),
        "member.invitation_withdrawn": pgettext_lazy("audit", "withdrew the invitation of"),
        "member.joined": pgettext_lazy("audit", "joined"),
        "member.role_changed": pgettext_lazy("audit", "changed the role of"),
        "member.confidential_given": pgettext_lazy(
            "audit", "gave access to confidential records to"
        ),
        "member.confidential_taken": pgettext_lazy(
            "audit", "took access to confidential records from"
        ),
        "member.left": pgettext_lazy("audit", "left"),
        "member.removed": pgettext_lazy("audit", "removed"),
        "retention.changed": pgettext_lazy("audit", "changed how long people are kept"),
        "retention.released": pgettext_lazy("audit", "let people go whose time was over"),
        "talent.not_to_contact": pgettext_lazy(
            "audit", "noted that somebody is not to be contacted"
        ),
        "talent.contact_again": pgettext_lazy(
            "audit", "noted that somebody may be contacted again"
        ),
        "organisation.deletion_asked": pgettext_lazy("audit", "asked to delete the organization"),
        "organisation.deletion_undone": pgettext_lazy("audit", "took the deletion back"),
    },
    "connection": {
        "active": pgettext_lazy("connection", "Active"),
        "paused": pgettext_lazy("connection", "Paused"),
        "refused": pgettext_lazy("connection", "Key refused"),
        "disconnected": pgettext_lazy("connection", "Disconnected"),
        "leaving": pgettext_lazy("connection", "Being deleted"),
    },
    "mode": {
        "initial": _("Initial sync"),
        "again": pgettext_lazy("sync", "Everything read again"),
        "incremental": _("Incremental sync"),
        "reconcile": _("Full comparison"),
    },
    "only": {
        "jobs": pgettext_lazy("sync", "jobs only"),
        "talents": pgettext_lazy("sync", "talents and applications only"),
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
    "record": {
        "job": pgettext_lazy("record", "Job"),
        "talent": pgettext_lazy("record", "Talent"),
        "application": pgettext_lazy("record", "Application"),
        "departments": pgettext_lazy("record", "Department"),
        "users": pgettext_lazy("record", "Recruiter"),
        "reject_reasons": pgettext_lazy("record", "Reject reason"),
        "jobs": pgettext_lazy("record", "Job"),
        "stages": pgettext_lazy("record", "Stage"),
        "talents": pgettext_lazy("record", "Talent"),
        "applications": pgettext_lazy("record", "Application"),
    },
    "severity": {
        "error": pgettext_lazy("severity", "Error"),
        "warning": pgettext_lazy("severity", "Warning"),
        "rejection": pgettext_lazy("severity", "Kept out"),
    },
    "trouble": {
        "access": pgettext_lazy("trouble", "Key and access"),
        "ats": pgettext_lazy("trouble", "The ATS"),
        "limit": pgettext_lazy("trouble", "Limits of the ATS"),
        "data": pgettext_lazy("trouble", "Data"),
        "decision": pgettext_lazy("trouble", "Needs a decision"),
        "jemmo": pgettext_lazy("trouble", "Jemmo itself"),
    },
    "period": {
        "day": pgettext_lazy("period", "Last 24 hours"),
        "week": pgettext_lazy("period", "Last 7 days"),
        "month": pgettext_lazy("period", "Last 30 days"),
        "quarter": pgettext_lazy("period", "Last 90 days"),
    },
    "rule": {
        "job_archived": pgettext_lazy("rule", "Archived jobs"),
        "job_draft": pgettext_lazy("rule", "Draft jobs"),
        "talent_archived": pgettext_lazy("rule", "Archived talents"),
        "no_active_application": pgettext_lazy(
            "rule", "Talents without an active application or a recent hire"
        ),
    },
    "excluded": {
        "job_archived": pgettext_lazy(
            "excluded",
            "It is archived in the ATS, and a rule of your organization excludes archived jobs.",
        ),
        "job_draft": pgettext_lazy(
            "excluded", "It is a draft in the ATS, and a rule of your organization excludes drafts."
        ),
        "talent_archived": pgettext_lazy(
            "excluded",
            "This person is archived in the ATS, and a rule of your organization excludes archived talents.",
        ),
        "no_active_application": pgettext_lazy(
            "excluded",
            "This person has no active application and was not hired recently, and a rule of your organization "
            "excludes such talents.",
        ),
    },
    "colour": {
        "green": pgettext_lazy("status", "Synced within 24 hours"),
        "yellow": pgettext_lazy("status", "Not synced for a day: consider a sync"),
        "decision": pgettext_lazy("trouble", "Needs a decision"),
        "red": pgettext_lazy("status", "The last sync failed"),
        "loading": pgettext_lazy("status", "Syncing"),
    },
    "indicator": {
        "green": pgettext_lazy("indicator", "Green: synced within 24 hours"),
        "yellow": pgettext_lazy(
            "indicator",
            "Yellow: not synced for 24 hours, not synced yet, or an error stops the download of files",
        ),
        "decision": pgettext_lazy(
            "indicator", "Yellow, needs a decision: unusually many deletions are paused"
        ),
        "red": pgettext_lazy("indicator", "Red: the last sync failed, or the ATS refused the key"),
        "loading": pgettext_lazy("indicator", "Turning: a sync is running"),
    },
    "indicator_help": {
        "green": _("Nothing."),
        "yellow": _(
            "Consider a sync. If an error stops files, the card of the connection says why."
        ),
        "yellow_viewer": _("Recruiters and admins can start a sync."),
        "decision": _("An owner or admin decides."),
        "red": _("Check the error in Settings > Logs, then retry."),
        "red_member": _("An owner or admin can fix it; Settings > Logs has the error."),
        "loading": _("Wait for it to end; the page updates itself."),
    },
    "webhook": {
        "never": pgettext_lazy("webhook", "None has come yet"),
        "healthy": pgettext_lazy("webhook", "Arriving"),
        "silent": pgettext_lazy("webhook", "Silent: changes arrive without them"),
    },
    "delivery": {
        "accepted": pgettext_lazy("delivery", "Taken in"),
        "duplicate": pgettext_lazy("delivery", "Came twice"),
        "unknown_event": pgettext_lazy("delivery", "About something that is not synced"),
        "not_kept": pgettext_lazy("delivery", "Taken in, not kept: above 50 MB in a day"),
        "paused": pgettext_lazy("delivery", "Waiting while paused"),
        "not_json": pgettext_lazy("delivery", "Refused: not readable"),
        "unreadable": pgettext_lazy("delivery", "Refused: no webhook of this ATS"),
        "too_large": pgettext_lazy("delivery", "Refused: too large"),
        "unsigned": pgettext_lazy("delivery", "Refused: not signed"),
        "wrongly_signed": pgettext_lazy("delivery", "Refused: signed with another key"),
        "stale": pgettext_lazy("delivery", "Refused: signed too long ago"),
        "key_missing": pgettext_lazy("delivery", "Refused: no signature key here"),
        "disconnected": pgettext_lazy("delivery", "Refused: disconnected"),
        "unknown_address": pgettext_lazy("delivery", "Refused: unknown address"),
        "flood": pgettext_lazy("delivery", "Refused: too many at once"),
    },
    "choice": {
        "eu": pgettext_lazy("region", "Europe"),
        "na": pgettext_lazy("region", "North America"),
        "au": pgettext_lazy("region", "Australia"),
        "production": pgettext_lazy("environment", "A real account"),
        "demo": pgettext_lazy("environment", "Demo host"),
        "on": pgettext_lazy("switch", "on"),
        "off": pgettext_lazy("switch", "off"),
    },
    "right": {
        "read jobs": pgettext_lazy("right", "Read jobs"),
        "read stages": pgettext_lazy("right", "Read stages"),
        "read candidates": pgettext_lazy("right", "Read candidates"),
        "read job applications": pgettext_lazy("right", "Read job applications"),
        "read columns": pgettext_lazy("right", "Read the columns of the pipeline"),
        "read vacancies": pgettext_lazy("right", "Read vacancies"),
        "read applicants": pgettext_lazy("right", "Read applicants"),
        "read profiles": pgettext_lazy("right", "Read profiles"),
        "read projects": pgettext_lazy("right", "Read projects"),
        "read departments": pgettext_lazy("right", "Read departments"),
        "read offices": pgettext_lazy("right", "Read offices"),
        "read sources": pgettext_lazy("right", "Read sources"),
        "read job posts": pgettext_lazy("right", "Read job posts"),
        "read job owners": pgettext_lazy("right", "Read job owners"),
        "read application stages": pgettext_lazy("right", "Read application stages"),
        "read pay input ranges": pgettext_lazy("right", "Read pay ranges"),
        "read pay inputs": pgettext_lazy("right", "Read pay range names"),
        "read attachments": pgettext_lazy("right", "Read attachments"),
        "read users": pgettext_lazy("right", "Read users"),
        "read reject_reasons": pgettext_lazy("right", "Read rejection reasons"),
        "read talents": pgettext_lazy("right", "Read candidates"),
        "read applications": pgettext_lazy("right", "Read applications"),
    },
}


WORDS |= PRIVACY


def word(value: object, kind: str) -> str:
    """A canonical value in the reader's language; one that is not known as it is."""
    return str(WORDS[kind].get(str(value), value or ""))
