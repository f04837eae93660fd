"""Errors and warnings about the ATS: reaching it, its limits, its data, and incomplete syncs."""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_S, _L, _D, _J = ErrorKind.ATS, ErrorKind.LIMIT, ErrorKind.DATA, ErrorKind.JEMMO
_NOTHING = _("No action needed: the next sync continues where this one stopped.")
_READ_ALL = _("No action needed: the next sync compares everything with the ATS.")
_CLOCK = _("Check this server's clock. If it is correct, contact the ATS's support.")
_SUPPORT = _("Copy this entry and send it to support. Nothing was lost.")
_NEXT_SYNC = _("No action needed: the next sync tries again.")

ATS: dict[str, Entry] = {
    # reaching the ATS
    "ats_unavailable": Entry(
        _S,
        _("{ats} has an outage or isn't responding (HTTP {status})."),
        _(
            "No action needed: the sync is retried automatically. If this continues, contact your ATS ({status_page})."
        ),
    ),
    "ats_unavailable/patience": Entry(
        _S,
        _("{ats} didn't respond within {seconds} seconds."),
        _(
            "Try again in a few minutes. If this continues, check the status of your ATS ({status_page})."
        ),
    ),
    "unavailable": Entry(_S, _("{ats} could not be reached."), _NOTHING),
    "timeout": Entry(_S, _("{ats} took too long to respond ({host})."), _NOTHING),
    "timeout/file": Entry(_S, _("A file took too long to download."), _NEXT_SYNC),
    "connection_lost": Entry(_S, _("The connection to {ats} was lost ({host})."), _NOTHING),
    "host_unreachable": Entry(
        _S,
        _("Jemmo can't reach the ATS's address ({host})."),
        _("Check the address of the connection, and that this server is allowed to reach it."),
    ),
    "tls": Entry(
        _S,
        _("The ATS's certificate is not valid, so nothing was sent ({host}: {reason})."),
        _(
            "Check the address of the connection. If it is correct, contact the ATS's support. Behind a company proxy, "
            "add its certificate to the system's store (SSL_CERT_FILE)."
        ),
    ),
    "not_asked": Entry(
        _S,
        _("The other ATSs took too long to respond, so this one was skipped."),
        _("Refresh the counts again."),
    ),
    # its data
    "broken_answer": Entry(_S, _("The ATS sent an incomplete response ({host})."), _NOTHING),
    "answer_too_large": Entry(
        _S,
        _(
            "The ATS sent a response that is too large for one page of a list (over {megabytes} MB)."
        ),
        _SUPPORT,
    ),
    "answer_too_large/values": Entry(
        _S,
        _("The ATS sent a response with too many values for one page of a list (over {values:,})."),
        _SUPPORT,
    ),
    "broken_link": Entry(_S, _("The ATS sent a broken link."), _SUPPORT),
    "foreign_link": Entry(
        _S,
        _("The ATS sent a link to another host ({host}); the key was not sent there."),
        _("Check the connection's address. If it is correct, contact the ATS's support."),
    ),
    "page_repeats": Entry(_S, _("The ATS kept sending the same page of a list."), _SUPPORT),
    "endless_list": Entry(_S, _("A list in the ATS never ends ({name})."), _SUPPORT),
    "list_too_long": Entry(
        _S, _("A list in the ATS is too long to read in full ({name})."), _SUPPORT
    ),
    "no_token": Entry(_S, _("The ATS issued no usable access token."), _SUPPORT),
    "unexpected_answer": Entry(_S, _("{ats} sent an unexpected response."), _SUPPORT),
    "unexpected_answer/filter": Entry(
        _S, _("{ats} returned records that weren't requested ({name})."), _SUPPORT
    ),
    "unexpected_answer/no_list": Entry(
        _S, _("{ats} returned something other than the requested list ({name})."), _SUPPORT
    ),
    "request_refused": Entry(_S, _("{ats} refused a request ({path}, {answer})."), _SUPPORT),
    "not_found": Entry(
        _S,
        _("{ats} reports that the requested record doesn't exist ({path}, {answer})."),
        _(
            "Check the connection's address, or leave it empty to use the ATS's own. If it is correct, send this "
            "message to support."
        ),
    ),
    "not_shown": Entry(
        _S,
        _("The ATS hasn't listed this record as changed yet."),
        _("No action needed: Jemmo tries again, and the next sync finds what changed."),
    ),
    "webhooks_silent": Entry(
        _S,
        _("Changes arrive with each sync, but the ATS no longer sends webhooks for them."),
        _("Check in the ATS that its webhook still points to this connection's address."),
    ),
    # files
    "file_host": Entry(
        _S,
        _(
            "This host isn't on the list of allowed hosts, so files aren't downloaded from it ({host})."
        ),
        _("If the ATS keeps its files there, add the host to the connection's option file_hosts."),
    ),
    "file_redirects": Entry(_S, _("A file's link has too many redirects."), _NEXT_SYNC),
    "link_dead": Entry(_S, _("A file's link no longer works (HTTP {status})."), _NEXT_SYNC),
    "file_unavailable": Entry(_S, _("A file could not be downloaded (HTTP {status})."), _NEXT_SYNC),
    "file_unavailable/private": Entry(
        _S,
        _("A file could not be downloaded: its link points to a private network."),
        _NEXT_SYNC,
    ),
    "file_not_told": Entry(
        _S, _("The ATS hasn't provided this resume's location yet."), _NEXT_SYNC
    ),
    "file_gone": Entry(
        _J,
        _("The file's content is missing from the storage."),
        _("No action needed: Jemmo downloads it from the ATS again within the hour."),
    ),
    "files_off": Entry(
        _S,
        _("Files can't be downloaded from {ats}."),
        _("No action needed: its API doesn't provide files."),
    ),
    "resumes_off": Entry(
        _S,
        _("{ats} doesn't document where to download resumes, so Jemmo doesn't download any."),
        _(
            "Ask the ATS's support for the address, then set the options file_url_template and file_hosts."
        ),
    ),
    # limits
    "rate_limited": Entry(
        _L, _("{ats} asked us to wait because its rate limit was reached."), _NOTHING
    ),
    "quota_used": Entry(
        _L,
        _("The quota of {ats} is used up for now. The sync continues automatically ({time} UTC)."),
        _("No action needed. If this happens often, raise the share of the limit in the options."),
    ),
    # incomplete syncs
    "sweep_not_proved": Entry(
        _S,
        _("Jemmo couldn't prove that it read all IDs ({stream}), so nothing was deleted."),
        _READ_ALL,
    ),
    "checkpoint_unreadable": Entry(
        _S,
        _(
            "The position where the last sync stopped couldn't be read, so this sync started over ({stream})."
        ),
        _("No action needed. If this keeps happening, contact support."),
    ),
    "not_proved_complete": Entry(
        _S,
        _(
            "Jemmo couldn't prove that it read everything, so some records may be missing ({stream})."
        ),
        _READ_ALL,
    ),
    "not_proved_complete/counts": Entry(
        _S,
        _(
            "The ATS counts more records than it sent, so some may be missing ({stream}: {seen:,} of {total:,})."
        ),
        _READ_ALL,
    ),
    "no_time_of_change": Entry(
        _S,
        _("The ATS doesn't provide modification dates, so no record is skipped as too old."),
        _("Correct the options of the connection."),
    ),
    "count_differs": Entry(
        _S,
        _("The ATS counts a few more records than it lists ({stream}: {more:,})."),
        _READ_ALL,
    ),
    "dangling_relation": Entry(
        _S,
        _("Some records refer to others that the ATS doesn't list ({detail})."),
        _("Check in the ATS that the API key may read these records."),
    ),
    "list_may_be_cut": Entry(
        _S,
        _("The ATS may have truncated a list that can't be split further ({stream})."),
        _("Compare the number of records with the ATS."),
    ),
    "clock_off": Entry(
        _S,
        _(
            "The ATS's clock differs from ours ({offset}). Jemmo uses the ATS's clock to look for changes."
        ),
        _CLOCK,
    ),
    "clock_ahead": Entry(
        _D, _("Some records have dates in the future, so the ATS's clock or ours is wrong."), _CLOCK
    ),
    "lookup_refused": Entry(
        _S,
        _(
            "The ATS doesn't return a list that other records refer to, so those were read without it ({stream})."
        ),
        _("To see its names, give the key permission to read it. Otherwise, no action is needed."),
    ),
    "filter_ignored": Entry(
        _S,
        _("The ATS ignores the filter for changed records, so everything was read."),
        _("No action needed, but syncs take longer than necessary."),
    ),
    "archived_hidden": Entry(
        _S,
        _(
            "The ATS lists no archived records although Jemmo requested them, so nothing is deleted in Jemmo."
        ),
        _("No action needed unless archived records are missing."),
    ),
}
