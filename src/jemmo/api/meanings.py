"""The descriptions in the OpenAPI document, each written once.

Columns of synced records are described in ``docs/data-model.md``, which ``jemmo.api.data_model`` reads.
Everything else that the API returns or accepts is described here.
"""

from __future__ import annotations

from django.db import models

from jemmo.api.data_model import column_meanings
from jemmo.store.models import Attachment
from jemmo.store.models.synced import Synced

RECORDS = {
    "Job": "A job.",
    "JobPosting": "An advertisement for a job. A job can have several, for example in different languages or on "
    "different job boards.",
    "Talent": "A person the organization could hire. Most ATSs call this a candidate.",
    "Application": "A talent's application for a job, or an unsolicited application without a job.",
    "Note": "A note that a team member wrote about a talent.",
    "Stage": "A step in a hiring process.",
    "Department": "A department of the company.",
    "AtsUser": "A recruiter, hiring manager, or other team member, as listed in the ATS.",
    "RejectReason": "A reason for rejecting applications.",
    "JobStatus": "Whether a job is open.",
    "ApplicationStatus": "The current status of an application.",
    "RunStatus": "The outcome of a sync.",
    "Location": "A place.",
    "Compensation": "What a job pays.",
    "Resume": "A talent's file, without its content.",
    "TalentApplication": "An application, as included in its talent.",
}
"""Objects whose code has no description of its own."""

PARAMETERS = {
    "record_id": "The record's `id`.",
    "connection_id": "The connection's `id`.",
    "run_id": "The sync's `id`.",
    "endpoint_id": "The endpoint's `id`.",
    "ticket": "The signed part of a link to a file.",
}
"""Parameters in addresses."""

_ANY = {
    "id": "The ID in Jemmo.",
    "connection_id": "The connection's ID.",
    "run_id": "The sync's ID.",
    "at": "When it happened.",
    "code": "A code for programs, which never changes.",
    "message": "What happened, in English.",
    "next_step": "What to do next.",
    "provider": "The ATS.",
    "stream": "The type of record.",
    "remote_id": "The record's ID in the ATS.",
    "field": "The field of the record that caused the problem.",
    "name": "The name.",
    "state": "The state.",
    "data": "The rows.",
    "next_cursor": "Send this value as `cursor` to get the next page. It is `null` on the last page.",
    "created_at": "When it was created.",
}
"""Fields that mean the same in several objects."""

STRUCTS: dict[str, dict[str, str]] = {
    "Certificate": {
        "org": "The organization's short name.",
        "removed": "How many rows and files were erased, by kind.",
        "suppressed": "How many identifiers are kept as keyed hashes, so that no sync brings the person back.",
        "files_left": "How many stored files could not be deleted yet. A worker keeps trying.",
        "proof": "Proves that this installation issued the certificate.",
        "kind": "Why the person was erased.",
    },
    "ConnectionStatus": {
        "org": "The organization's short name.",
        "colour": "The connection's status color: green, yellow, red, or loading while a sync "
        "runs. A disconnected connection is yellow.",
        "last_success_at": "Every change in the ATS before this time is in Jemmo.",
        "synced_at": "For each type of record, the time before which every change in the ATS is in Jemmo.",
        "reread": "How often the content of all records is reread, and when the last full reread was completed.",
        "next_sync_at": "When the next automatic sync starts. If that sync is overdue, this time is in the past.",
        "key_age_days": "Days since the API key was entered, or `null` once it is deleted.",
        "key_expires_at": "When the API key expires, if that is known.",
        "key_reminder": "What to do about the API key next.",
        "history": "How many years of history are read, or `null` for all history.",
        "recent_ready": "Whether changes from the 30 days before the first sync are stored. "
        "Older changes may be missing.",
        "late": "Whether a sync is due but has not started.",
        "slow": "Whether a sync is taking much longer than earlier ones.",
        "failures": "Failed syncs in a row.",
        "error": "The error of the last sync, with its code, message, and next step.",
        "decision": "The deletions that await a decision by an owner or admin.",
        "warnings": "Warnings from the last sync about the whole connection, each with its code and message.",
        "counts": "How many jobs, talents, and applications are visible.",
        "refused": "Requests that the ATS refuses for this account.",
        "files": "How many files are stored, waiting, or missing.",
        "files_error": "The error that is stopping file downloads.",
        "org_deleted_at": "When the organization will be deleted, or `null` if nobody requested it.",
    },
    "EndpointRow": {
        "url": "Where webhooks are sent.",
        "events": "The events that the endpoint receives.",
        "entities": "The types of records whose changes the endpoint receives. An empty list means all types.",
        "connections": "The connections whose events the endpoint receives. An empty list means all connections.",
        "update_fields": "Fields such as `jobs.title`. For these types of records, the endpoint "
        "receives only updates that change one of the fields. An empty list means all updates.",
        "off_reason": "Why the endpoint is turned off.",
        "failures": "Failed attempts in a row.",
        "last_success_at": "When the endpoint last accepted a webhook.",
    },
    "ErrorRow": {"count": "The number of occurrences."},
    "Explanation": {
        "verdict": "What happened to the record.",
        "kind": "The kind of record.",
        "connection": "The connection's name.",
        "record": "The ID of the record whose page shows this one.",
        "at": "The time of this event.",
        "seen_at": "When the ATS last listed the record.",
        "rule": "The rule that excludes the record.",
        "code": "Why the record could not be used.",
        "detail": "More about the cause, such as the record that is still missing.",
        "count": "How often the record was rejected, or how many records refer to it.",
        "reason": "Why the connection might lack a record that it has never seen.",
        "limit": "The first day of the connection's history, if it is relevant.",
    },
    "Explanations": {
        "data": "An entry for each matching record, or for each connection if no record matches."
    },
    "FileCounts": {
        "waiting": "Files to be downloaded.",
        "kept": "Stored files.",
        "refused": "Files that aren't stored because they are too large or unsafe.",
        "gone": "Files that the ATS no longer has.",
        "reasons": "Why files are missing or still waiting, with counts.",
    },
    "FileRow": {
        "talent_remote_id": "The talent's ID in the ATS.",
        "modified_at": "When Jemmo last changed the talent.",
    },
    "FileLink": {
        "url": "The address for downloading the file without a token.",
        "expires_at": "When the link expires.",
    },
    "History": {
        "years": "How many years of history are read.",
        "since": "The first day of the history.",
        "hidden": "How many stored records are older and therefore hidden.",
    },
    "LogRow": {
        "severity": "The severity.",
        "kind": "Who can fix the problem.",
        "count": "The number of occurrences.",
        "remote_id": "The ATS ID of one of the affected records.",
        "status_page": "The ATS's status page, or empty if there is none.",
        "docs_url": "The ATS's documentation, or empty if there is none.",
    },
    "Older": {"talents": "How many talents.", "applications": "How many applications."},
    "Problem": {
        "status": "The HTTP status.",
        "type": "Always `about:blank`, because `code` identifies the problem.",
        "title": "What happened.",
        "detail": "The same text as `title`.",
    },
    "RecordCounts": {
        "read": "Jobs, talents, and applications that the sync read.",
        "created": "How many records are new.",
        "updated": "How many records changed.",
        "deleted": "How many records were deleted.",
        "changed": "The sum of created, updated, and deleted.",
    },
    "Refreshing": {
        "outcome": "The outcome of the request.",
        "blocked": "The connection's state if that prevents reading the record now, or empty otherwise.",
        "trouble": "The code of the error that prevented the last attempt.",
        "at": "When the record was read or, if that hasn't happened yet, requested.",
        "slow": "Whether the request has been waiting for more than 30 seconds.",
    },
    "Refused": {
        "path": "The list in the ATS.",
        "part": "The part of the request that is refused, or `list` for the whole request.",
        "names": "The refused includes or filters. An empty list means all of them.",
        "at": "When the request was last refused.",
    },
    "RejectionRow": {
        "at": "The time of the last occurrence.",
        "times": "The number of occurrences.",
    },
    "Reminder": {
        "about": "What the reminder is about.",
        "step": "Identifies the reminder, which is sent once.",
        "days": "The age of the key in days, or the number of days left.",
    },
    "Reread": {
        "within_days": "Every record is reread at least once in this many days.",
        "last_at": "When the last full reread was completed, or `null` before the first one.",
    },
    "RuleRow": {
        "rule": "The rule.",
        "excludes": "Whether the rule is on.",
        "count": "How many records the rule excludes, or would exclude if it were on.",
    },
    "Rules": {
        "data": "Each rule.",
        "active_statuses": "Applications with one of these statuses count as active.",
        "hired_days": "Days after a hire for which an application still counts as active.",
    },
    "RunRow": {
        "mode": "What the sync reads: everything for the first time, only changes, or "
        "everything to find deletions.",
        "trigger": "Who or what started the sync.",
        "only": "`jobs` or `talents` if the sync reads only those records.",
        "status": "The sync's outcome.",
        "started_at": "When the sync started.",
        "finished_at": "When the sync ended, or `null` while it runs.",
        "again": "Whether an initial sync reads everything again after an earlier complete read.",
        "requests": "How many requests the sync sent to the ATS.",
        "seconds": "How long the sync ran, in seconds, excluding interruptions.",
        "records": "The counts that the web app shows, or `null` while the sync runs.",
        "streams": "The counts for each type of record, as in `jemmo sync --json`.",
        "error": "Why the sync failed.",
        "warnings": "Other problems that the sync encountered.",
    },
}


def described(struct: str, field: str) -> str:
    """The description of an object's field. Raises ``LookupError`` if it has none."""
    if struct == "FileRow" and field in column_meanings()["attachment"]:
        return of_column(Attachment, field)
    return STRUCTS.get(struct, {}).get(field) or _ANY[field]


def of_column(model: type[models.Model], name: str) -> str:
    """The description of a column of a synced record, as a sentence. Raises ``LookupError`` if it has none."""
    if name.endswith("_remote_id") and name != "remote_id":
        return f"The {name.removesuffix('_remote_id').replace('_', ' ')}'s ID in the ATS."
    tables = column_meanings()
    own = tables[model._meta.db_table]  # noqa: SLF001 - Django's own name
    text = own.get(name) or (tables["synced"][name] if issubclass(model, Synced) else "")
    if not text:
        raise LookupError(f"docs/data-model.md does not describe {model.__name__}.{name}")
    if name.endswith("_id") and name in own:
        _, _, more = text.partition("; ")
        text = f"The {name.removesuffix('_id')}'s ID in Jemmo{more and f'; {more}'}"
    return f"{text[0].upper()}{text[1:]}."
