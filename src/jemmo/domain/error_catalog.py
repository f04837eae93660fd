"""What can go wrong, in people's words: for each code what it means and what to do about it.

Errors, warnings and rejections keep their own message, which says what was found this time; this says what it means.
"""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind, Severity
from jemmo.domain.translation_marks import marked as _

__all__ = [
    "ERROR_CATALOG",
    "UNKNOWN",
    "Entry",
    "ErrorKind",
    "Severity",
    "codes_of_kind",
    "error_entry",
    "needs_manager",
]

_NOTHING = _("No action needed: the next sync continues where this one stopped.")
_READ_ALL = _("No action needed: the next sync compares everything with the ATS.")
_CLOCK = _("Check this server's clock. If it is correct, tell the ATS's support.")
_MEND = _("Correct the record in the ATS. The next sync reads it again.")
_SUPPORT = _("Copy this entry and send it to support. Nothing was lost.")
_NEW_KEY = _("Create a new key in the ATS with the permissions listed, then rotate the key here.")
_OPERATOR = _("Tell the person who runs Jemmo: `jemmo doctor` says what to do.")
_SOON = _("No action needed: Jemmo retries in a few minutes.")
_OPTIONS = _("Correct the options of the connection.")

_A, _S, _L = ErrorKind.ACCESS, ErrorKind.ATS, ErrorKind.LIMIT
_D, _P, _J = ErrorKind.DATA, ErrorKind.DECISION, ErrorKind.JEMMO

ERROR_CATALOG: dict[str, Entry] = {
    # the key and what it may do
    "key_refused": Entry(
        _A,
        _("The ATS refused the API key: it was revoked, mistyped, or belongs to another account."),
        _("Create a new key in the ATS, then rotate the key here."),
    ),
    "key_expired": Entry(
        _A,
        _("The API key has expired."),
        _("Create a new key in the ATS, then rotate the key here."),
    ),
    "key_expires": Entry(
        _A,
        _("The API key expires soon."),
        _("Rotate the key before then, so that no sync fails."),
    ),
    "signing_key_malformed": Entry(
        _A,
        _("This does not look like a signature key."),
        _(
            "Copy the key that the ATS shows next to the webhook, on one line and without anything else."
        ),
    ),
    "key_empty": Entry(_A, _("No API key was given."), _("Paste the key.")),
    "key_malformed": Entry(
        _A,
        _("This does not look like an API key."),
        _("Copy the key again, on one line and without anything else."),
    ),
    "same_key": Entry(
        _A, _("This key is already in use."), _("Create a new key in the ATS first.")
    ),
    "scope_too_small": Entry(
        _A, _("The API key works, but can't read everything that a sync needs."), _NEW_KEY
    ),
    "company_unknown": Entry(
        _A,
        _("The ATS has no company with this ID."),
        _("Copy the company ID again from the page that shows the API key."),
    ),
    "other_company": Entry(
        _A,
        _("This key belongs to another company, so nothing was changed."),
        _("Use a key of the same company, or add a new connection for the other one."),
    ),
    "already_connected": Entry(
        _A,
        _("This ATS account is already connected, so nothing was changed."),
        _("To use this key, rotate the key of that connection."),
    ),
    "disconnected": Entry(
        _A, _("The connection is disconnected and has no key."), _("Connect the ATS again.")
    ),
    "other_address": Entry(
        _A,
        _("This is not the address that the connection has, so the key was not sent."),
        _(
            "Enter the ATS's address as it was when you connected it. If it is correct, someone may have "
            "changed the database: connect the ATS as a new connection."
        ),
    ),
    "key_bound_elsewhere": Entry(
        _A,
        _(
            "The API key was stored for another address of the ATS than the connection has now, so it was not sent."
        ),
        _(
            "Disconnect the ATS and connect it again. Tell the person who runs Jemmo: after an update of version 0.1.0 "
            "`jemmo keys bind` may be due; if not, somebody may have changed the database."
        ),
    ),
    "paused": Entry(_A, _("The connection is paused."), _("Resume it, then sync.")),
    # the address and the options
    "api_version": Entry(
        _A, _("The ATS doesn't support the API version that Jemmo asked for."), _OPTIONS
    ),
    "redirected": Entry(
        _A,
        _("The address leads elsewhere; the key was not sent there."),
        _("Use the API's own address."),
    ),
    "address_malformed": Entry(
        _A,
        _("This isn't a web address."),
        _("Correct the address, or leave it empty to use the ATS's own."),
    ),
    "address_not_public": Entry(
        _A,
        _("This address can't be used. It must be public and begin with https."),
        _(
            "Leave the address empty to use the ATS's own, or ask the person who runs Jemmo to allow its host with "
            "JEMMO_ATS_HOSTS."
        ),
    ),
    "not_an_api": Entry(
        _A, _("The server at this address isn't the ATS's API."), _("Correct the address.")
    ),
    "option": Entry(_A, _("An option has an invalid value."), _OPTIONS),
    "option_missing": Entry(_A, _("A required option is missing."), _OPTIONS),
    "unknown_option": Entry(_A, _("There is no such option."), _OPTIONS),
    # the ATS and the way to it
    "ats_unavailable": Entry(
        _S,
        _("The ATS has an outage or isn't responding."),
        _("No action needed: the sync is retried automatically. If this lasts, ask your ATS."),
    ),
    "unavailable": Entry(_S, _("The ATS could not be reached."), _NOTHING),
    "timeout": Entry(_S, _("The ATS took too long to respond."), _NOTHING),
    "connection_lost": Entry(_S, _("The connection to the ATS broke off."), _NOTHING),
    "host_unreachable": Entry(
        _S,
        _("Jemmo can't reach the ATS's address."),
        _("Check the address of the connection, and that this server may reach it."),
    ),
    "tls": Entry(
        _S,
        _("The ATS's certificate is not valid, so nothing was sent."),
        _("Check the address of the connection. If it is right, tell the ATS's support."),
    ),
    "broken_answer": Entry(_S, _("The ATS sent an incomplete response."), _NOTHING),
    "answer_too_large": Entry(
        _S, _("The ATS sent an answer that is too large to be one page of a list."), _SUPPORT
    ),
    "broken_link": Entry(_S, _("The ATS sent a broken link."), _SUPPORT),
    "foreign_link": Entry(
        _S, _("The ATS sent a link to another host; the key was not sent there."), _SUPPORT
    ),
    "page_repeats": Entry(_S, _("The ATS kept sending the same page of a list."), _SUPPORT),
    "endless_list": Entry(_S, _("A list in the ATS never ends."), _SUPPORT),
    "list_too_long": Entry(_S, _("A list in the ATS is too long to read as a whole."), _SUPPORT),
    "not_asked": Entry(
        _S,
        _("The other ATSs took too long to respond, so this one wasn't asked."),
        _("Refresh the counts again."),
    ),
    "no_token": Entry(_S, _("The ATS issued no usable access token."), _SUPPORT),
    "unexpected_answer": Entry(_S, _("The ATS sent an unexpected response."), _SUPPORT),
    "request_refused": Entry(_S, _("The ATS refused a request."), _SUPPORT),
    "not_found": Entry(_S, _("The ATS says that the requested record doesn't exist."), _SUPPORT),
    # limits
    "rate_limited": Entry(
        _L, _("The ATS asked us to wait because its rate limit was reached."), _NOTHING
    ),
    "quota_used": Entry(
        _L,
        _("The ATS's quota is used up for now. The sync continues automatically later."),
        _("No action needed. If it happens often, raise the share of the limit in the options."),
    ),
    # what a sync could not prove
    "mass_deletion_held": Entry(
        _P,
        _("We paused deletions, because unusually many records are no longer in the ATS."),
        _("Look in the ATS, then delete the records here or keep them."),
    ),
    "deletion_begun": Entry(
        _P,
        _("The deletion was released and has begun, so these records can't be kept."),
        _("Records that the ATS still lists come back with the next full comparison."),
    ),
    "deletion_decided": Entry(
        _P,
        _("These deletions no longer wait for a decision."),
        _("Somebody decided already, or the ATS lists the records again."),
    ),
    "deletion_waits": Entry(
        _P,
        _(
            "The ATS no longer has this record. It stays in Jemmo, because unusually many are missing."
        ),
        _("Review the paused deletions, or wait for the next full comparison."),
    ),
    "sweep_not_proved": Entry(
        _S,
        _("Jemmo couldn't prove that it read all IDs, so nothing was deleted."),
        _READ_ALL,
    ),
    "checkpoint_unreadable": Entry(
        _S,
        _("The position where the last sync stopped couldn't be read, so it started over."),
        _("No action needed. If this keeps happening, tell support."),
    ),
    "not_proved_complete": Entry(
        _S, _("The ATS counts more records than it sent, so some may be missing."), _READ_ALL
    ),
    "no_time_of_change": Entry(
        _S, _("The ATS doesn't date changes, so no record is left out as too old."), _OPTIONS
    ),
    "count_differs": Entry(_S, _("The ATS counts a few more records than it lists."), _READ_ALL),
    "dangling_relation": Entry(
        _S,
        _("Records refer to others that the ATS doesn't list."),
        _("Check in the ATS that the API key may read these records."),
    ),
    "list_may_be_cut": Entry(
        _S,
        _("The ATS may have truncated a list that can't be split further."),
        _("Compare the number of records with the ATS."),
    ),
    "clock_off": Entry(
        _S,
        _("The ATS's clock differs from ours. Jemmo looks for changes by the ATS's clock."),
        _CLOCK,
    ),
    "clock_ahead": Entry(
        _D, _("Some records have dates in the future, so the ATS's clock or ours is wrong."), _CLOCK
    ),
    "lookup_refused": Entry(
        _S,
        _("The ATS doesn't show a list that other records refer to, so they were read without it."),
        _("No action needed unless you want its names: then give the key permission to read it."),
    ),
    "filter_ignored": Entry(
        _S,
        _("The ATS ignores the filter for changed records, so everything was read."),
        _("No action needed, but syncs take longer than they could."),
    ),
    "archived_hidden": Entry(
        _S,
        _("The ATS lists no archived records although asked, so nothing is deleted in Jemmo."),
        _("No action needed unless archived records are missing."),
    ),
    # what is odd in the data
    "rule_not_applied": Entry(
        _D,
        _("This ATS lists no applications, so talents are included whether they have one or not."),
        _("No action needed."),
    ),
    "unknown_value": Entry(
        _D,
        _("The ATS sent a value we don't know yet. It is stored as text."),
        _("No action needed. If people should see a better word for it, tell support."),
    ),
    "dropped_value": Entry(
        _D,
        _("A value couldn't be read and was left empty. The rest of the record is stored."),
        _MEND,
    ),
    "not_joined": Entry(
        _D,
        _("Some records of the ATS couldn't be matched with each other."),
        _("No action needed. If applications are missing, tell support."),
    ),
    "unlisted_job": Entry(
        _D,
        _("Applications refer to jobs that the ATS doesn't list. Each is stored by its title."),
        _("No action needed."),
    ),
    "unknown_stage": Entry(
        _D,
        _("Applications refer to stages that the ATS doesn't list. Their stage was left empty."),
        _("Check the job's stages in the ATS."),
    ),
    "ambiguous_stage": Entry(
        _D,
        _("Two stages have the same name, so applications may be in either."),
        _("Give the stages different names in the ATS."),
    ),
    "ambiguous_job": Entry(
        _D,
        _("Several jobs have the same title, so their applications were left without a job."),
        _("Give the jobs different titles in the ATS."),
    ),
    "shared_email": Entry(
        _D,
        _("Talents share an e-mail address. They may be the same person."),
        _("If they are, merge them in the ATS."),
    ),
    "salary_in_thousands": Entry(
        _D, _("Yearly salaries under 1000 were taken as thousands."), _("No action needed.")
    ),
    "salary_unclear": Entry(
        _D,
        _("Some pay couldn't be understood. It is shown as written."),
        _("Enter the amount and period of the pay in the ATS."),
    ),
    "malformed_record": Entry(
        _D, _("The ATS sent an unreadable record, so it was rejected."), _SUPPORT
    ),
    "no_id": Entry(
        _D, _("The ATS sent a record without an ID, so Jemmo can't track it."), _SUPPORT
    ),
    "bad_id": Entry(_D, _("The ATS sent a record with an unusable ID."), _SUPPORT),
    "no_title": Entry(_D, _("The job has no title in the ATS."), _MEND),
    "no_name": Entry(_D, _("The record has no name in the ATS."), _MEND),
    "no_reason": Entry(_D, _("The reject reason has no text in the ATS."), _MEND),
    "invalid_record": Entry(_D, _("The record lacks something that Jemmo needs."), _MEND),
    # this side
    "not_allowed": Entry(
        _J, _("Your role does not allow this."), _("Ask an owner or admin of your organization.")
    ),
    "always_quiet": Entry(
        _J,
        _("Quiet hours cover the whole week, so no sync could ever start."),
        _("Leave some hours free, or pause the connections."),
    ),
    # the file storage
    "storage_unavailable": Entry(
        _J,
        _("The file storage is unavailable, so files wait."),
        _(
            "No action needed: files are downloaded once it is back. If this lasts, tell the person who runs Jemmo."
        ),
    ),
    "reader_unavailable": Entry(
        _J, _("The process that reads files does not start, so files wait."), _OPERATOR
    ),
    "storage_refused": Entry(_J, _("The file storage refuses Jemmo, so files wait."), _OPERATOR),
    "storage_public": Entry(
        _J, _("The file storage is open to the public, so no file is kept in it."), _OPERATOR
    ),
    "storage_other": Entry(
        _J, _("This machine uses another file storage than the rest of Jemmo."), _OPERATOR
    ),
    "storage_address": Entry(_J, _("The address of the file storage is wrong."), _OPERATOR),
    "storage_key_missing": Entry(_J, _("The key of the file storage is missing."), _OPERATOR),
    "changed_meanwhile": Entry(
        _J,
        _("Someone else changed this in the meantime, so nothing was saved."),
        _("Reload to see the current state, then change it again if you still want to."),
    ),
    "database_unavailable": Entry(
        _J,
        _("Jemmo's database was unavailable."),
        _(
            "No action needed if it is back: the next sync continues. Otherwise, tell the person who runs Jemmo."
        ),
    ),
    "database_disk_full": Entry(
        _J, _("The disk of Jemmo's database is full, so nothing more can be saved."), _OPERATOR
    ),
    "database_out_of_memory": Entry(_J, _("Jemmo's database ran out of memory."), _OPERATOR),
    "database_connections": Entry(
        _J, _("Jemmo's database accepts no more connections."), _OPERATOR
    ),
    "database_occupied": Entry(_J, _("No connection to Jemmo's database was free in time."), _SOON),
    "database_limit": Entry(
        _J, _("A step of the sync needed more than Jemmo's database allows."), _OPERATOR
    ),
    "database_restarting": Entry(_J, _("Jemmo's database is restarting."), _SOON),
    "database_time_limit": Entry(
        _J, _("Jemmo's database stopped an operation because it took too long."), _OPERATOR
    ),
    "database_busy": Entry(_J, _("Two tasks needed the same records at the same time."), _SOON),
    "database_read_only": Entry(
        _J, _("Jemmo's database is read-only, so nothing can be saved."), _OPERATOR
    ),
    "database_access": Entry(_J, _("Jemmo's database refused access."), _OPERATOR),
    "database_missing": Entry(_J, _("Jemmo's database no longer exists."), _OPERATOR),
    "database_system": Entry(
        _J, _("Jemmo's database could not read or write its files."), _OPERATOR
    ),
    "database_damaged": Entry(_J, _("Jemmo's database found damaged data."), _OPERATOR),
    "disk_full": Entry(_J, _("The disk of the machine that runs Jemmo is full."), _OPERATOR),
    "not_writable": Entry(_J, _("Jemmo may not write to its own folder."), _OPERATOR),
    "open_files": Entry(_J, _("Jemmo has too many open files and connections."), _OPERATOR),
    "cancelled": Entry(_J, _("The sync was stopped on purpose."), _NOTHING),
    "interrupted": Entry(_J, _("The process that ran the sync was interrupted."), _NOTHING),
    "same_failure": Entry(
        _J,
        _("The sync failed the same way as before, so retrying may not help."),
        _("Follow the next step of the error. If that doesn't help, send it to support."),
    ),
    "leaving_already": Entry(
        _J,
        _("This organization is already scheduled for deletion."),
        _("No action needed. Until then, you can undo it."),
    ),
    "not_leaving": Entry(
        _J,
        _("There is no deletion to undo."),
        _("Reload the organization's page."),
    ),
    "contact_reason_missing": Entry(
        _J,
        _("Enter a reason."),
        _("Say briefly why this person must not be contacted."),
    ),
    "lease_lost": Entry(_J, _("Another run took over, so this one stopped."), _NOTHING),
    "internal": Entry(_J, _("Jemmo failed unexpectedly."), _SUPPORT),
    "not_shown": Entry(
        _S,
        _("The ATS hasn't listed this record among the changed ones."),
        _("No action needed: Jemmo tries again, and the next sync finds what changed."),
    ),
    "webhooks_silent": Entry(
        _S,
        _("Changes arrive with each sync, but the ATS no longer sends webhooks for them."),
        _("Check in the ATS that its webhook still points to this connection's address."),
    ),
}

UNKNOWN = Entry(_J, _("This error code is unknown."), _SUPPORT)


def error_entry(code: str) -> Entry:
    """What a code means; ``unknown_value:job.status`` means what ``unknown_value`` does."""
    return ERROR_CATALOG.get(code.partition(":")[0], UNKNOWN)


_MANAGERS = {"host_unreachable", "tls"}


def needs_manager(code: str) -> bool:
    """Whether what helps is for owners and admins to do: the key, the connection's options, a decision."""
    name = code.partition(":")[0]
    return error_entry(name).kind in {ErrorKind.ACCESS, ErrorKind.DECISION} or name in _MANAGERS


def codes_of_kind(kind: ErrorKind) -> list[str]:
    """The codes of one kind, sorted."""
    return sorted(code for code, entry in ERROR_CATALOG.items() if entry.kind is kind)
