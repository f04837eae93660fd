"""Labels of the privacy pages, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

PRIVACY: dict[str, dict[str, Any]] = {
    "stance": {
        "do_not_contact": pgettext_lazy("stance", "Do not contact"),
        "no_emails": pgettext_lazy("stance", "No emails"),
        "given": pgettext_lazy("stance", "Consent given"),
        "asked": pgettext_lazy("stance", "Consent requested"),
        "expired": pgettext_lazy("stance", "Consent expired"),
        "refused": pgettext_lazy("stance", "Consent refused"),
        "withdrawn": pgettext_lazy("stance", "Consent withdrawn"),
        "unknown": pgettext_lazy("stance", "Consent unknown"),
    },
    "withheld": {
        "do_not_contact": pgettext_lazy("withheld", "This person must not be contacted"),
        "consent_withdrawn": pgettext_lazy("withheld", "This person withdrew consent"),
        "consent_refused": pgettext_lazy("withheld", "This person refused consent"),
    },
    "cause": {
        "request": pgettext_lazy("cause", "On request"),
        "retention": pgettext_lazy("cause", "Retention period ended"),
        "deleted": pgettext_lazy("cause", "Previously deleted in the ATS"),
    },
    "retention": {
        "idle": pgettext_lazy("retention", "No activity"),
        "rejected": pgettext_lazy("retention", "All applications rejected"),
        "consent": pgettext_lazy("retention", "Consent ended"),
    },
    "access": {
        "contacts_viewed": pgettext_lazy("access", "Viewed contact details"),
        "contacts_revealed": pgettext_lazy("access", "Revealed hidden contact details"),
        "file_viewed": pgettext_lazy("access", "Viewed a file"),
        "file_downloaded": pgettext_lazy("access", "Downloaded a file"),
        "searched": pgettext_lazy("access", "Searched for a person"),
        "exported": pgettext_lazy("access", "Exported"),
        "subject_viewed": pgettext_lazy("access", "Viewed personal data"),
        "subject_exported": pgettext_lazy("access", "Downloaded personal data"),
        "erased": pgettext_lazy("access", "Erased"),
        "not_to_contact": pgettext_lazy("access", "Marked as “Do not contact”"),
        "contact_again": pgettext_lazy("access", "Allowed contact again"),
        "record_viewed": pgettext_lazy("access", "Viewed the access log"),
        "record_exported": pgettext_lazy("access", "Exported the access log"),
    },
    "held": {
        "talents": pgettext_lazy("held", "Records"),
        "contacts": pgettext_lazy("held", "Contact details"),
        "applications": pgettext_lazy("held", "Applications"),
        "notes": pgettext_lazy("held", "Notes"),
        "stage_events": pgettext_lazy("held", "Stage changes"),
        "files": pgettext_lazy("held", "Files"),
        "file_versions": pgettext_lazy("held", "Stored file versions"),
        "file_texts": pgettext_lazy("held", "Text extracted from files for search"),
        "rejections": pgettext_lazy("held", "Rejected records, as received"),
        "webhook_hints": pgettext_lazy("held", "Webhook requests"),
        "access_events": pgettext_lazy("held", "Entries in the access log"),
        "waiting_links": pgettext_lazy("held", "Pending links"),
        "sightings": pgettext_lazy("held", "IDs seen during comparisons"),
        "webhook_deliveries": pgettext_lazy("held", "Webhooks, as received"),
        "held_deletions": pgettext_lazy("held", "Examples in paused deletions"),
        "run_reports": pgettext_lazy("held", "Mentions in sync reports"),
        "notifications": pgettext_lazy("held", "Mentions in notifications"),
        "audit_events": pgettext_lazy("held", "Mentions in the activity log"),
        "queued_tasks": pgettext_lazy("held", "Pending tasks"),
        "tags": pgettext_lazy("held", "Tags used only for this person"),
        "support_messages": pgettext_lazy("held", "Messages to support"),
    },
    "category": {
        "name": pgettext_lazy("category", "Name"),
        "work": pgettext_lazy("category", "Job title, employer, headline, and summary"),
        "place": pgettext_lazy("category", "Place of residence"),
        "tags": pgettext_lazy("category", "Tags"),
        "custom_fields": pgettext_lazy("category", "Custom fields from the ATS"),
        "source": pgettext_lazy("category", "Origin"),
        "consent": pgettext_lazy("category", "Consent and contact preferences"),
        "contacts": pgettext_lazy(
            "category", "Email addresses, phone numbers, and profiles (encrypted)"
        ),
        "applications": pgettext_lazy("category", "Applications, stages, and their history"),
        "cover_letters": pgettext_lazy("category", "Cover letters"),
        "notes": pgettext_lazy("category", "Notes that the team wrote in the ATS"),
        "files": pgettext_lazy("category", "Resumes and other files (encrypted)"),
    },
}
