"""Values of jobs, talents and applications, and why records are excluded."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

RECORDS: dict[str, dict[str, str | Promise]] = {
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
        "INTERNAL": pgettext_lazy("origin", "Internal"),
        "UNIVERSITY": pgettext_lazy("origin", "From a university"),
        "IMPORTED": pgettext_lazy("origin", "Imported"),
        "OTHER": pgettext_lazy("origin", "Other"),
    },
    "consent": {
        "UNKNOWN": pgettext_lazy("consent", "Unknown"),
        "ASKED": pgettext_lazy("consent", "Requested, no reply yet"),
        "GIVEN": pgettext_lazy("consent", "Given"),
        "REFUSED": pgettext_lazy("consent", "Refused"),
        "EXPIRED": pgettext_lazy("consent", "Expired"),
        "WITHDRAWN": pgettext_lazy("consent", "Withdrawn"),
    },
    "network": {
        "facebook": "Facebook",
        "github": "GitHub",
        "linkedin": "LinkedIn",
        "xing": "XING",
    },
    "posting": {
        "ACTIVE": pgettext_lazy("posting", "Published"),
        "INACTIVE": pgettext_lazy("posting", "Unpublished"),
        "DRAFT": pgettext_lazy("posting", "Draft"),
    },
    "rule": {
        "job_archived": pgettext_lazy("rule", "Archived jobs"),
        "job_draft": pgettext_lazy("rule", "Draft jobs"),
        "talent_archived": pgettext_lazy("rule", "Archived talents"),
        "no_active_application": pgettext_lazy(
            "rule", "Talents without an active application or a recent hire"
        ),
        "older_than_history": pgettext_lazy("rule", "Talents older than the history"),
    },
    "excluded": {
        "job_archived": pgettext_lazy(
            "excluded",
            "This job is archived in the ATS, and one of your organization's rules excludes "
            "archived jobs.",
        ),
        "job_draft": pgettext_lazy(
            "excluded",
            "This job is a draft in the ATS, and one of your organization's rules excludes drafts.",
        ),
        "talent_archived": pgettext_lazy(
            "excluded",
            "This person is archived in the ATS, and one of your organization's rules excludes "
            "archived talents.",
        ),
        "no_active_application": pgettext_lazy(
            "excluded",
            "This person has no active application and was not hired recently. One of your "
            "organization's rules excludes such talents.",
        ),
        "older_than_history": pgettext_lazy(
            "excluded",
            "Neither this person nor their applications have changed in the ATS during the period "
            "this connection reads.",
        ),
    },
}
