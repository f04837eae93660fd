"""What can go wrong, in people's words: for each code what it means and what to do about it.

Errors, warnings and rejections keep their own message, which says what was found this time; this says what it means.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jemmo.domain.marking import marked as _


class Kind(StrEnum):
    """Where a trouble lies."""

    ACCESS = "access"
    ATS = "ats"
    LIMIT = "limit"
    DATA = "data"
    DECISION = "decision"
    JEMMO = "jemmo"


class Severity(StrEnum):
    """How bad it is: the sync failed, or went on, or one record stays out."""

    ERROR = "error"
    WARNING = "warning"
    REJECTION = "rejection"


class Trouble(Struct, frozen=True):
    """``means`` names the cause, ``next_step`` what helps."""

    kind: Kind
    means: str
    next_step: str


_NOTHING = _("Nothing to do: the next sync goes on where this one stopped.")
_READ_ALL = _("Nothing to do: the next sync compares everything with the ATS.")
_CLOCK = _("Check the clock of this server; if it is right, tell the ATS's support.")
_MEND = _("Correct the record in the ATS; the next sync reads it again.")
_SUPPORT = _("Send this entry to support with the copy button; nothing was lost.")
_NEW_KEY = _(
    "Create a new key in the ATS with the rights that are named, then replace the key here."
)
_OPERATOR = _("Tell the person who runs Jemmo; `jemmo doctor` says what to do.")
_SOON = _("Nothing to do: it is tried again in a few minutes.")
_OPTIONS = _("Correct the options of the connection.")

_A, _S, _L, _D, _P, _J = Kind.ACCESS, Kind.ATS, Kind.LIMIT, Kind.DATA, Kind.DECISION, Kind.JEMMO

TROUBLES: dict[str, Trouble] = {
    # the key and what it may do
    "key_refused": Trouble(
        _A,
        _("The ATS refused the API key: it was revoked, mistyped, or belongs to another account."),
        _("Create a new key in the ATS, then replace the key here."),
    ),
    "key_expired": Trouble(
        _A,
        _("The API key has expired."),
        _("Create a new key in the ATS, then replace the key here."),
    ),
    "key_expires": Trouble(
        _A,
        _("The API key expires soon."),
        _("Replace the key before that day, so that no sync fails."),
    ),
    "signing_key_malformed": Trouble(
        _A,
        _("This does not look like a signature key."),
        _("Copy the key that the ATS shows beside the webhook, alone and on one line."),
    ),
    "key_empty": Trouble(_A, _("No API key was given."), _("Paste the key.")),
    "key_malformed": Trouble(
        _A,
        _("This does not look like an API key."),
        _("Copy the key again, alone and on one line."),
    ),
    "same_key": Trouble(
        _A, _("This is the key that is in use already."), _("Create a new key in the ATS first.")
    ),
    "scope_too_small": Trouble(
        _A, _("The API key works, but it may not read all that a sync needs."), _NEW_KEY
    ),
    "company_unknown": Trouble(
        _A,
        _("The ATS knows no company of this id."),
        _("Copy the company's id again from the page where the API key is shown."),
    ),
    "other_company": Trouble(
        _A,
        _("This key belongs to another company, so nothing was changed."),
        _("Take a key of the same company, or connect the other one as a connection of its own."),
    ),
    "already_connected": Trouble(
        _A,
        _("This account of the ATS is connected already, so nothing was changed."),
        _("To use this key, replace the key of that connection."),
    ),
    "disconnected": Trouble(
        _A, _("The connection was disconnected, so it has no key."), _("Connect the ATS again.")
    ),
    "other_address": Trouble(
        _A,
        _("This is not the address that the connection has, so the key was not sent."),
        _(
            "Type the ATS's address as it was when you connected it. If it is right, somebody may have changed the "
            "database: connect the ATS as a new connection."
        ),
    ),
    "key_bound_elsewhere": Trouble(
        _A,
        _(
            "The API key was stored for another address of the ATS than the connection has now, so it was not sent."
        ),
        _(
            "Disconnect the ATS and connect it again. Tell the person who runs Jemmo: after an update of version 0.1.0 "
            "`jemmo keys bind` may be due; if not, somebody may have changed the database."
        ),
    ),
    "paused": Trouble(_A, _("The connection is paused."), _("Resume it, then sync.")),
    # the address and the options
    "api_version": Trouble(
        _A, _("The ATS does not know the version of its API that was asked for."), _OPTIONS
    ),
    "redirected": Trouble(
        _A,
        _("The address leads elsewhere; the key was not sent there."),
        _("Use the API's own address."),
    ),
    "address_malformed": Trouble(
        _A,
        _("This is no web address."),
        _("Correct the address, or leave it empty to use the ATS's own."),
    ),
    "address_not_public": Trouble(
        _A,
        _("This address cannot be used: it must be a public one that begins with https."),
        _(
            "Leave the address empty to use the ATS's own, or ask the person who runs Jemmo to allow its host with "
            "JEMMO_ATS_HOSTS."
        ),
    ),
    "not_an_api": Trouble(
        _A, _("What answers at this address is not the ATS's API."), _("Correct the address.")
    ),
    "option": Trouble(_A, _("An option has a value that is not possible."), _OPTIONS),
    "option_missing": Trouble(_A, _("An option that the ATS needs is missing."), _OPTIONS),
    "unknown_option": Trouble(_A, _("There is no such option."), _OPTIONS),
    # the ATS and the way to it
    "ats_unavailable": Trouble(
        _S,
        _("The ATS has a problem of its own, or does not answer."),
        _("Nothing to do: the sync is retried automatically. If it lasts, ask your ATS."),
    ),
    "unavailable": Trouble(_S, _("The ATS could not be reached."), _NOTHING),
    "timeout": Trouble(_S, _("The ATS took too long to answer."), _NOTHING),
    "connection_lost": Trouble(_S, _("The connection to the ATS broke off."), _NOTHING),
    "host_unreachable": Trouble(
        _S,
        _("The ATS's address cannot be reached from here."),
        _("Check the address of the connection, and that this server may reach it."),
    ),
    "tls": Trouble(
        _S,
        _("The ATS's certificate is not valid, so nothing was sent."),
        _("Check the address of the connection. If it is right, tell the ATS's support."),
    ),
    "broken_answer": Trouble(
        _S, _("The ATS sent an answer that breaks off in the middle."), _NOTHING
    ),
    "answer_too_large": Trouble(
        _S, _("The ATS sent an answer that is too large to be one page of a list."), _SUPPORT
    ),
    "broken_link": Trouble(_S, _("The ATS sent a link that leads nowhere."), _SUPPORT),
    "foreign_link": Trouble(
        _S, _("The ATS sent a link to another host; the key was not sent there."), _SUPPORT
    ),
    "page_repeats": Trouble(
        _S, _("The ATS sent the same page of a list again and again."), _SUPPORT
    ),
    "endless_list": Trouble(_S, _("A list of the ATS has no end."), _SUPPORT),
    "list_too_long": Trouble(_S, _("A list of the ATS is too long to be read whole."), _SUPPORT),
    "not_asked": Trouble(
        _S,
        _("The other ATSs took too long to answer, so this one was not asked."),
        _("Refresh the counts again."),
    ),
    "no_token": Trouble(_S, _("The ATS handed out no usable access token."), _SUPPORT),
    "unexpected_answer": Trouble(_S, _("The ATS answered in a way we do not know."), _SUPPORT),
    "request_refused": Trouble(_S, _("The ATS refused a request."), _SUPPORT),
    "not_found": Trouble(_S, _("The ATS says that what was asked for does not exist."), _SUPPORT),
    # limits
    "rate_limited": Trouble(_L, _("The ATS asked us to wait: its limit was reached."), _NOTHING),
    "quota_used": Trouble(
        _L,
        _("What the ATS lets us use for now is used up. The sync goes on by itself later."),
        _("Nothing to do. If it happens often, raise the share of the limit in the options."),
    ),
    # what a sync could not prove
    "mass_deletion_held": Trouble(
        _P,
        _("We paused deletions, because unusually many records are no longer in the ATS."),
        _("Look in the ATS, then delete the records here or keep them."),
    ),
    "sweep_not_proved": Trouble(
        _S,
        _("The list of all ids could not be read to a proved end, so nothing was deleted."),
        _READ_ALL,
    ),
    "checkpoint_unreadable": Trouble(
        _S,
        _("The place where the last sync stopped could not be read, so it began anew."),
        _("Nothing to do. If this comes again and again, tell support."),
    ),
    "not_proved_complete": Trouble(
        _S, _("The ATS counts more records than it gave, so some may be missing."), _READ_ALL
    ),
    "count_differs": Trouble(_S, _("The ATS counts a few more records than it lists."), _READ_ALL),
    "dangling_relation": Trouble(
        _S,
        _("Records point to others that the ATS does not show."),
        _("Check in the ATS that the API key may read these records."),
    ),
    "list_may_be_cut": Trouble(
        _S,
        _("The ATS may have cut a list that cannot be asked for in smaller parts."),
        _("Compare the number of records with the ATS."),
    ),
    "clock_off": Trouble(
        _S, _("The ATS's clock is not ours. Changes are looked for by its own clock."), _CLOCK
    ),
    "clock_ahead": Trouble(
        _D, _("Records are dated later than now, so the ATS's clock or ours is wrong."), _CLOCK
    ),
    "lookup_refused": Trouble(
        _S,
        _("The ATS does not show a list that others refer to, so they were read without."),
        _("Nothing to do, unless its names are wanted: then give the key the right to read it."),
    ),
    "filter_ignored": Trouble(
        _S,
        _("The ATS ignores the filter for changed records, so everything was read."),
        _("Nothing to do; syncs take longer than they could."),
    ),
    "archived_hidden": Trouble(
        _S,
        _("The ATS shows no archived records although asked, so nothing is deleted here."),
        _("Nothing to do, unless archived records are missing."),
    ),
    # what is odd in the data
    "rule_not_applied": Trouble(
        _D,
        _("This ATS shows no applications, so talents are kept whether they have one or not."),
        _("Nothing to do."),
    ),
    "unknown_value": Trouble(
        _D,
        _("The ATS sent a value we do not know yet; it is kept as text."),
        _("Nothing to do. Tell support if people should see a better word for it."),
    ),
    "dropped_value": Trouble(
        _D,
        _("A value could not be read and was left empty; the rest of the record is there."),
        _MEND,
    ),
    "not_joined": Trouble(
        _D,
        _("Some of the ATS's records could not be matched with each other."),
        _("Nothing to do; tell support if applications are missing."),
    ),
    "unlisted_job": Trouble(
        _D,
        _("Applications name jobs that the ATS does not list; each is kept by its title."),
        _("Nothing to do."),
    ),
    "unknown_stage": Trouble(
        _D,
        _("Applications name stages that the ATS does not list; these were left empty."),
        _("Look at the stages of the job in the ATS."),
    ),
    "ambiguous_stage": Trouble(
        _D,
        _("Two stages have the same name, so applications may stand in either."),
        _("Give the stages different names in the ATS."),
    ),
    "ambiguous_job": Trouble(
        _D,
        _("Several jobs have one title, so applications may be for either; these have none."),
        _("Give the jobs different titles in the ATS."),
    ),
    "shared_email": Trouble(
        _D,
        _("Talents share an e-mail address; they may be one person."),
        _("Merge them in the ATS if they are."),
    ),
    "salary_in_thousands": Trouble(
        _D, _("Yearly salaries under 1000 were taken as thousands."), _("Nothing to do.")
    ),
    "salary_unclear": Trouble(
        _D,
        _("Some pay could not be understood; it is shown as it was written."),
        _("Give amount and period of the pay in the ATS."),
    ),
    "malformed_record": Trouble(
        _D, _("The ATS sent a record that cannot be read, so it was kept aside."), _SUPPORT
    ),
    "no_id": Trouble(
        _D, _("The ATS sent a record without an id, so it cannot be followed."), _SUPPORT
    ),
    "bad_id": Trouble(_D, _("The ATS sent a record whose id cannot be used."), _SUPPORT),
    "no_title": Trouble(_D, _("The job has no title in the ATS."), _MEND),
    "no_name": Trouble(_D, _("The record has no name in the ATS."), _MEND),
    "no_reason": Trouble(_D, _("The reject reason has no text in the ATS."), _MEND),
    "invalid_record": Trouble(_D, _("The record lacks what Jemmo needs of it."), _MEND),
    # this side
    "not_allowed": Trouble(
        _J, _("Your role does not allow this."), _("Ask an owner or admin of your organization.")
    ),
    "always_quiet": Trouble(
        _J,
        _("The quiet hours take up the whole week, so no sync could ever start."),
        _("Leave some hours free, or pause the connections instead."),
    ),
    # the file storage
    "storage_unavailable": Trouble(
        _J,
        _("The file storage is unavailable, so files wait."),
        _("Nothing to do: files are downloaded once it is back. If it lasts, tell who runs Jemmo."),
    ),
    "reader_unavailable": Trouble(
        _J, _("The process that reads files does not start, so files wait."), _OPERATOR
    ),
    "storage_refused": Trouble(_J, _("The file storage refuses Jemmo, so files wait."), _OPERATOR),
    "storage_public": Trouble(
        _J, _("The file storage is open to the public, so no file is kept in it."), _OPERATOR
    ),
    "storage_other": Trouble(
        _J, _("This machine uses another file storage than the rest of Jemmo."), _OPERATOR
    ),
    "storage_address": Trouble(_J, _("The address of the file storage is wrong."), _OPERATOR),
    "storage_key_missing": Trouble(_J, _("The key of the file storage is missing."), _OPERATOR),
    "changed_meanwhile": Trouble(
        _J,
        _("Somebody else changed this meanwhile, so nothing was saved."),
        _("Look at how it is now, and change it again if that is still wanted."),
    ),
    "database_unavailable": Trouble(
        _J,
        _("Jemmo's own database was away."),
        _("Nothing to do if it is back: the next sync goes on. Otherwise tell who runs Jemmo."),
    ),
    "database_disk_full": Trouble(
        _J, _("The disk of Jemmo's database is full, so nothing more can be saved."), _OPERATOR
    ),
    "database_out_of_memory": Trouble(_J, _("Jemmo's database ran out of memory."), _OPERATOR),
    "database_connections": Trouble(
        _J, _("Jemmo's database accepts no more connections."), _OPERATOR
    ),
    "database_occupied": Trouble(
        _J, _("No connection to Jemmo's database was free in time."), _SOON
    ),
    "database_limit": Trouble(
        _J, _("A step of the sync needed more than Jemmo's database allows."), _OPERATOR
    ),
    "database_restarting": Trouble(_J, _("Jemmo's database is restarting."), _SOON),
    "database_time_limit": Trouble(
        _J, _("Jemmo's database ended the work because it reached a time limit."), _OPERATOR
    ),
    "database_busy": Trouble(_J, _("Two tasks needed the same records at the same time."), _SOON),
    "database_read_only": Trouble(
        _J, _("Jemmo's database is read-only, so nothing can be saved."), _OPERATOR
    ),
    "database_access": Trouble(_J, _("Jemmo's database refused access."), _OPERATOR),
    "database_missing": Trouble(_J, _("Jemmo's database no longer exists."), _OPERATOR),
    "database_system": Trouble(
        _J, _("Jemmo's database could not read or write its files."), _OPERATOR
    ),
    "database_damaged": Trouble(_J, _("Jemmo's database found damaged data."), _OPERATOR),
    "disk_full": Trouble(_J, _("The disk of the machine that runs Jemmo is full."), _OPERATOR),
    "not_writable": Trouble(_J, _("Jemmo may not write to its own folder."), _OPERATOR),
    "open_files": Trouble(_J, _("Jemmo has too many files and connections open."), _OPERATOR),
    "cancelled": Trouble(_J, _("The sync was stopped on purpose."), _NOTHING),
    "interrupted": Trouble(
        _J, _("The process that ran the sync ended in the middle of it."), _NOTHING
    ),
    "same_failure": Trouble(
        _J,
        _("The sync failed as it did before, so trying again may not help."),
        _("Follow the next step of the failure itself; if that does not help, send it to support."),
    ),
    "leaving_already": Trouble(
        _J,
        _("This organization is to be deleted already."),
        _("Nothing to do; until then it can be undone."),
    ),
    "not_leaving": Trouble(
        _J,
        _("There is no deletion to take back any more."),
        _("Look at the organization again."),
    ),
    "contact_reason_missing": Trouble(
        _J,
        _("A reason is needed."),
        _("Say in a few words why this person is not to be contacted."),
    ),
    "lease_lost": Trouble(_J, _("Another run took over, so this one stopped writing."), _NOTHING),
    "internal": Trouble(_J, _("Jemmo failed in a way it did not expect."), _SUPPORT),
    "not_shown": Trouble(
        _S,
        _("The ATS has not shown this record among those that changed."),
        _("Nothing to do: it is looked for again, and the next sync finds what changed."),
    ),
    "webhooks_silent": Trouble(
        _S,
        _("Changes arrive with each sync, but the ATS announces none of them any more."),
        _("Look in the ATS whether its webhook still points to this connection's address."),
    ),
}

UNKNOWN = Trouble(_J, _("This is not in the list of known troubles."), _SUPPORT)


def trouble(code: str) -> Trouble:
    """What a code means; ``unknown_value:job.status`` means what ``unknown_value`` does."""
    return TROUBLES.get(code.partition(":")[0], UNKNOWN)


_MANAGERS = {"host_unreachable", "tls"}


def needs_manager(code: str) -> bool:
    """Whether what helps is for owners and admins to do: the key, the connection's options, a decision."""
    name = code.partition(":")[0]
    return trouble(name).kind in {Kind.ACCESS, Kind.DECISION} or name in _MANAGERS


def codes(kind: Kind) -> list[str]:
    """The codes of one kind, sorted."""
    return sorted(code for code, one in TROUBLES.items() if one.kind is kind)
