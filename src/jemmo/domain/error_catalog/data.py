"""Warnings about records from the ATS, and reasons for rejecting one."""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_D = ErrorKind.DATA
_NOTHING = _("No action needed.")
_MEND = _("Correct the record in the ATS. The next sync will read it again.")
_SUPPORT = _("Copy this entry and send it to support. No data was lost.")

DATA: dict[str, Entry] = {
    "rule_not_applied": Entry(
        _D,
        _(
            "This ATS doesn't list applications, so talents are included even if they have no "
            "application."
        ),
        _NOTHING,
    ),
    "unknown_value": Entry(
        _D,
        _(
            "The ATS sent a value that Jemmo doesn't recognize ({detail}). Jemmo stored the "
            "value as text."
        ),
        _("No action needed. To suggest a better label for this value, contact support."),
    ),
    "too_many_entries": Entry(
        _D,
        _("A record has more than 1,000 values ({detail}). Jemmo stores the first 1,000."),
        _MEND,
    ),
    "dropped_value": Entry(
        _D,
        _(
            "Jemmo couldn't read a value ({detail}) and left it empty. The rest of the "
            "record is stored."
        ),
        _MEND,
    ),
    "not_joined": Entry(
        _D,
        _("Jemmo couldn't match some of the ATS's records with each other ({detail})."),
        _("No action needed. If applications are missing, contact support."),
    ),
    "unlisted_job": Entry(
        _D,
        _(
            "Some applications refer to jobs that the ATS doesn't list. Jemmo kept what it had read "
            "of these jobs, or else stored only the title."
        ),
        _NOTHING,
    ),
    "unknown_stage": Entry(
        _D,
        _(
            "Some applications refer to stages that the ATS doesn't list. Jemmo kept the last stage "
            "it had read, if any."
        ),
        _("Check the job's stages in the ATS."),
    ),
    "ambiguous_stage": Entry(
        _D,
        _("Two stages have the same name, so applications may end up in either one."),
        _("Give the stages different names in the ATS."),
    ),
    "ambiguous_job": Entry(
        _D,
        _("Several jobs have the same title, so their applications aren't linked to a job."),
        _("Give the jobs different titles in the ATS."),
    ),
    "shared_email": Entry(
        _D,
        _("Some talents share an email address. They may be the same person."),
        _("If these talents are the same person, merge their records in the ATS."),
    ),
    "salary_in_thousands": Entry(
        _D, _("Yearly salaries under 1,000 were interpreted as thousands."), _NOTHING
    ),
    "salary_unclear": Entry(
        _D,
        _("Some salaries couldn't be interpreted. These salaries are shown as written."),
        _("Enter the amount and pay period in the ATS."),
    ),
    # rejected records
    "malformed_record": Entry(
        _D, _("Jemmo rejected a record from the ATS because it was unreadable ({field})."), _SUPPORT
    ),
    "no_id": Entry(
        _D, _("The ATS sent a record without an ID, so Jemmo can't track it."), _SUPPORT
    ),
    "bad_id": Entry(_D, _("The ATS sent a record with an unusable ID ({field})."), _SUPPORT),
    "no_title": Entry(_D, _("The record has no title in the ATS."), _MEND),
    "no_name": Entry(_D, _("The record has no name in the ATS."), _MEND),
    "no_reason": Entry(_D, _("The reject reason has no text in the ATS."), _MEND),
    "invalid_record": Entry(_D, _("The record is missing information that Jemmo needs."), _MEND),
    # invalid webhooks and files
    "no_event": Entry(_D, _("The webhook doesn't specify an event ({field})."), _NOTHING),
    "not_a_webhook": Entry(_D, _("This is not a webhook from {ats}."), _NOTHING),
    "not_a_resume": Entry(
        _D, _("The ATS's response is neither a file nor a link to a file."), _NOTHING
    ),
    "too_large": Entry(_D, _("The file is too large for Jemmo to store."), _NOTHING),
}
