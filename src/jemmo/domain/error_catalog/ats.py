"""Errors and warnings about the ATS: reaching it, its limits, its data, and incomplete syncs."""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_S, _L, _D, _J = ErrorKind.ATS, ErrorKind.LIMIT, ErrorKind.DATA, ErrorKind.JEMMO
_P = ErrorKind.DECISION
_NOTHING = _("No action needed. The next sync will resume where this one left off.")
_READ_ALL = _("No action needed. The next sync will compare everything with the ATS.")
_CLOCK = _("Check this server's clock. If the clock is correct, contact your ATS's support team.")
_SUPPORT = _("Copy this entry and send it to support. No data was lost.")
_CONNECT = _(
    "Nothing was saved. Try again in a few minutes. If the problem persists, check your ATS's "
    "status ({status_page})."
)
_NEXT_SYNC = _("No action needed. The next sync will try again.")

ATS: dict[str, Entry] = {
    # reaching the ATS
    "ats_unavailable": Entry(
        _S,
        _("{ats} is down or isn't responding (HTTP {status})."),
        _(
            "No action needed. The sync will be retried automatically. If the problem "
            "persists, check your ATS's status ({status_page})."
        ),
    ),
    "ats_unavailable/patience": Entry(
        _S,
        _("{ats} didn't respond within {seconds} seconds."),
        _(
            "Try again in a few minutes. If the problem persists, check your ATS's status "
            "({status_page})."
        ),
    ),
    "unavailable": Entry(_S, _("Jemmo couldn't reach {ats}."), _NOTHING),
    "timeout": Entry(_S, _("{ats} took too long to respond ({host})."), _NOTHING),
    "timeout/file": Entry(_S, _("A file took too long to download."), _NEXT_SYNC),
    "connection_lost": Entry(_S, _("The connection to {ats} was lost ({host})."), _NOTHING),
    "host_unreachable": Entry(
        _S,
        _("Jemmo can't reach the ATS's address ({host})."),
        _("Check the connection's address, and make sure this server can reach it."),
    ),
    "tls": Entry(
        _S,
        _("The ATS's certificate is not valid, so nothing was sent ({host}: {reason})."),
        _(
            "Check the connection's address. If the address is correct, contact the ATS's "
            "support team. If you are behind a company proxy, add the proxy's certificate to "
            "the system's certificate store (SSL_CERT_FILE)."
        ),
    ),
    "not_asked": Entry(
        _S,
        _("The other ATSs took too long to respond, so this one was skipped."),
        _("Refresh the counts again."),
    ),
    # reaching it before anything is stored: no sync will try again
    "ats_unavailable/trial": Entry(
        _S, _("{ats} is down or isn't responding (HTTP {status})."), _CONNECT
    ),
    "unavailable/trial": Entry(_S, _("Jemmo couldn't reach {ats}."), _CONNECT),
    "timeout/trial": Entry(_S, _("{ats} took too long to respond ({host})."), _CONNECT),
    "connection_lost/trial": Entry(_S, _("The connection to {ats} was lost ({host})."), _CONNECT),
    "broken_answer/trial": Entry(_S, _("The ATS sent an incomplete response ({host})."), _CONNECT),
    "rate_limited/trial": Entry(
        _L, _("{ats} asked Jemmo to wait because the rate limit was reached."), _CONNECT
    ),
    # its data
    "broken_answer": Entry(_S, _("The ATS sent an incomplete response ({host})."), _NOTHING),
    "answer_too_large": Entry(
        _S,
        _(
            "The ATS sent a response that is too large for a single list page (over {megabytes} MB)."
        ),
        _SUPPORT,
    ),
    "answer_too_large/values": Entry(
        _S,
        _("The ATS sent a response with too many values for a single list page (over {values:,})."),
        _SUPPORT,
    ),
    "broken_link": Entry(_S, _("The ATS sent a broken link."), _SUPPORT),
    "foreign_link": Entry(
        _S,
        _(
            "The ATS sent a link that points to another host ({host}), so Jemmo didn't send the key there."
        ),
        _(
            "Check the connection's address. If the address is correct, contact the ATS's "
            "support team."
        ),
    ),
    "page_repeats": Entry(_S, _("The ATS kept returning the same page of a list."), _SUPPORT),
    "endless_list": Entry(
        _S, _("The ATS keeps returning more pages, so the list never ends ({name})."), _SUPPORT
    ),
    "list_too_long": Entry(
        _S, _("A list in the ATS is too long to read in full ({name})."), _SUPPORT
    ),
    "no_token": Entry(_S, _("The ATS didn't issue a usable access token."), _SUPPORT),
    "unexpected_answer": Entry(_S, _("{ats} sent an unexpected response."), _SUPPORT),
    "unexpected_answer/filter": Entry(
        _S, _("{ats} returned records that weren't requested ({name})."), _SUPPORT
    ),
    "unexpected_answer/no_list": Entry(
        _S, _("{ats} didn't return the requested list ({name})."), _SUPPORT
    ),
    "request_refused": Entry(_S, _("{ats} refused a request ({path}, {answer})."), _SUPPORT),
    "not_found": Entry(
        _S,
        _("{ats} reports that the requested record doesn't exist ({path}, {answer})."),
        _(
            "Check the connection's address, or leave it empty to use the ATS's default. If "
            "the address is correct, send this message to support."
        ),
    ),
    "not_shown": Entry(
        _S,
        _("The ATS hasn't reported a change to this record yet."),
        _("No action needed. Jemmo will try again, and the next sync will find what changed."),
    ),
    "webhooks_silent": Entry(
        _S,
        _("Each sync finds changes, but the ATS is no longer sending webhooks for them."),
        _("Check in the ATS that the webhook still points to this connection's address."),
    ),
    "webhooks_silent/refused": Entry(
        _S,
        _("Each sync finds changes, because Jemmo refuses the webhooks for them."),
        _("Open the connection's webhooks in Settings to see why."),
    ),
    # files
    "file_host": Entry(
        _S,
        _(
            "The host {host} isn't on the list of allowed hosts, so Jemmo doesn't download files from it."
        ),
        _(
            "If the ATS stores its files on this host, add the host to the connection's "
            "file_hosts option."
        ),
    ),
    "file_redirects": Entry(_S, _("A file link redirects too many times."), _NEXT_SYNC),
    "link_dead": Entry(_S, _("A file link no longer works (HTTP {status})."), _NEXT_SYNC),
    "file_unavailable": Entry(_S, _("A file couldn't be downloaded (HTTP {status})."), _NEXT_SYNC),
    "file_unavailable/private": Entry(
        _S,
        _("A file couldn't be downloaded because its link points to a private network."),
        _NEXT_SYNC,
    ),
    "file_not_told": Entry(
        _S, _("The ATS hasn't provided this resume's location yet."), _NEXT_SYNC
    ),
    "file_gone": Entry(
        _J,
        _("The file's contents are missing from the file storage."),
        _(
            "Jemmo looks for missing files every hour and downloads them from the ATS again, unless many are missing "
            "at once."
        ),
    ),
    "file_gone/earlier": Entry(
        _J,
        _("The contents of this earlier version are missing from the file storage."),
        _("Open the current version. Jemmo can't download earlier versions again."),
    ),
    "file_gone/not_fetched": Entry(
        _J,
        _("The file's contents are missing from the file storage."),
        _("Open the file in the ATS. Jemmo isn't downloading it at the moment."),
    ),
    "files_off": Entry(
        _S,
        _("Files can't be downloaded from {ats}."),
        _("No action needed. The ATS's API doesn't provide files."),
    ),
    "resumes_off": Entry(
        _S,
        _("{ats} doesn't document where resumes can be downloaded, so Jemmo doesn't download any."),
        _(
            "Ask the ATS's support team for the address, then set the file_url_template and "
            "file_hosts options."
        ),
    ),
    # limits
    "rate_limited": Entry(
        _L, _("{ats} asked Jemmo to wait because the rate limit was reached."), _NOTHING
    ),
    "quota_used": Entry(
        _L,
        _(
            "The quota for {ats} is used up for now. The sync will resume automatically at {time} UTC."
        ),
        _(
            "No action needed. If this happens often, increase Jemmo's share of the rate limit in the "
            "options."
        ),
    ),
    # incomplete syncs
    "sweep_not_proved": Entry(
        _S,
        _("Jemmo couldn't confirm that it had read all IDs ({stream}), so nothing was deleted."),
        _READ_ALL,
    ),
    "deletions_unchecked": Entry(
        _S,
        _(
            "Jemmo still has to check {more:,} records that the ATS no longer lists ({stream}). They "
            "stay until then."
        ),
        _READ_ALL,
    ),
    "checkpoint_unreadable": Entry(
        _S,
        _(
            "This sync started over because Jemmo couldn't determine where the previous one had left "
            "off ({stream})."
        ),
        _("No action needed. If the problem persists, contact support."),
    ),
    "not_proved_complete": Entry(
        _S,
        _(
            "Jemmo couldn't confirm that it had read everything, so some records may be missing "
            "({stream})."
        ),
        _READ_ALL,
    ),
    "not_proved_complete/counts": Entry(
        _S,
        _(
            "The ATS reports more records than it sent, so some may be missing ({stream}: {seen:,} "
            "of {total:,})."
        ),
        _READ_ALL,
    ),
    "no_time_of_change": Entry(
        _S,
        _(
            "The ATS doesn't provide modification dates, so Jemmo can't skip records based on their "
            "age."
        ),
        _("Correct the connection's options."),
    ),
    "count_differs": Entry(
        _S,
        _("The ATS reports a few more records than it lists ({stream}: {more:,})."),
        _READ_ALL,
    ),
    "dangling_relation": Entry(
        _S,
        _("Some records refer to other records that the ATS doesn't list ({detail})."),
        _("Check in the ATS that the API key has permission to read these records."),
    ),
    "dangling_while_paused": Entry(
        _P,
        _(
            "Some records that the ATS no longer lists refer to deleted records ({detail}). They are "
            "still here because their deletion was paused."
        ),
        _("Review the paused deletions, then delete or keep the records."),
    ),
    "relation_not_sent": Entry(
        _S,
        _(
            "The ATS didn't specify what some records are linked to ({detail}), so these links are missing."
        ),
        _(
            "Check in the ATS that the API key has permission to read these records. If it does, "
            "contact support."
        ),
    ),
    "list_may_be_cut": Entry(
        _S,
        _("The ATS may have truncated a list that can't be split further ({stream})."),
        _("Compare the number of records in Jemmo with the number in the ATS."),
    ),
    "clock_off": Entry(
        _S,
        _(
            "The ATS's clock differs from Jemmo's ({offset}). Jemmo uses the ATS's clock to find "
            "changes."
        ),
        _CLOCK,
    ),
    "clock_ahead": Entry(
        _D,
        _("Some records have dates in the future, so either the ATS's clock or ours is wrong."),
        _CLOCK,
    ),
    "anonymized_in_ats": Entry(
        _D,
        _(
            "The ATS removed the names and contact details of some people, so Jemmo deleted their "
            "files and texts too."
        ),
        _("No action needed. If this is unexpected, check these people in the ATS."),
    ),
    "anonymization_held": Entry(
        _D,
        _(
            "The ATS no longer sends the names and contact details of unusually many people, so Jemmo "
            "kept their data for now."
        ),
        _(
            "If the ATS hides them by mistake, pause the connection until it sends them again. "
            "Otherwise, no action is needed. Jemmo will anonymize these people over the next days."
        ),
    ),
    "lookup_refused": Entry(
        _S,
        _("The ATS refused to return a list, so Jemmo synced without it ({stream})."),
        _(
            "If you need this list, give the key permission to read it. Otherwise, no action is needed."
        ),
    ),
    "filter_ignored": Entry(
        _S,
        _("The ATS ignored the filter for changed records, so everything was read."),
        _("No action is needed, but syncs take longer than they should."),
    ),
    "archived_hidden": Entry(
        _S,
        _(
            "The ATS lists no archived records even though Jemmo requested them, so Jemmo doesn't "
            "delete anything."
        ),
        _("No action is needed unless archived records are missing."),
    ),
}
