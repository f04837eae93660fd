"""Errors of keys, connections and their options, and decisions that a person has to make."""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_A, _P = ErrorKind.ACCESS, ErrorKind.DECISION
_ROTATE = _("Create a new key in the ATS, then rotate the key here. {key_help}")
_FLATCHR_KEY = _("Create a new key in Flatchr (advanced settings > API), then rotate the key here.")
_RIGHT = _("Give the key this permission, or create a key that has it. {key_help}")
_OPTIONS = _("Correct the options of the connection.")
_SETTINGS = _("Resume it in Settings > Organization > ATS integration, then sync.")
_TEAMTAILOR_KEY = _(
    "Create a key with Admin scope and Read permission (Teamtailor, Settings > Integrations > API keys). "
    "That page also shows the address of your region."
)

ACCESS: dict[str, Entry] = {
    # the key
    "key_refused": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}): it was revoked, mistyped, or belongs to another account."
        ),
        _ROTATE,
    ),
    "key_refused/flatchr": Entry(
        _A,
        _("{ats} refused the API key ({status}): it was deleted, mistyped, or is over a year old."),
        _FLATCHR_KEY,
    ),
    "key_refused/jarvi": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}): it was deleted or mistyped, or it is a public key, which can read "
            "published offers only."
        ),
        _("Create a private key (Jarvi, Settings > API keys), then rotate the key here."),
    ),
    "key_refused/teamtailor": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}): it was deleted, mistyped, or belongs to another region."
        ),
        _TEAMTAILOR_KEY,
    ),
    "key_expired": Entry(
        _A,
        _("The API key has expired ({day})."),
        _("Create a new key in the ATS, then rotate the key here."),
    ),
    "key_expired/flatchr": Entry(
        _A,
        _("The API key expired on {day}. {ats} keys are valid for a year."),
        _FLATCHR_KEY,
    ),
    "key_expires": Entry(
        _A,
        _("The API key expires soon ({detail})."),
        _("Rotate the key before then to keep syncs running."),
    ),
    "signing_key_malformed": Entry(
        _A,
        _("This does not look like a signature key."),
        _(
            "Copy the key that the ATS shows next to the webhook, on a single line with nothing else."
        ),
    ),
    "key_empty": Entry(_A, _("No API key was provided."), _("Paste the key.")),
    "key_malformed": Entry(
        _A,
        _("This does not look like an API key."),
        _("Copy the key again, on a single line with nothing else."),
    ),
    "same_key": Entry(
        _A,
        _("This key is already in use."),
        _("Create a new key in the ATS first. {key_help}"),
    ),
    # permissions of the key
    "scope_too_small": Entry(
        _A,
        _("The API key works, but can't read everything that a sync needs ({path})."),
        _RIGHT,
    ),
    "scope_too_small/rights": Entry(
        _A,
        _("The API key works, but can't read everything that a sync needs (missing: {rights})."),
        _RIGHT,
    ),
    "scope_too_small/teamtailor": Entry(
        _A,
        _("The API key can't read everything that a sync needs ({path}): its scope is too small."),
        _(
            "The scope of a key can't be changed. Create a new key with Admin scope and Read permission (Teamtailor, "
            "Settings > Integrations > API keys), then rotate the key here."
        ),
    ),
    "scope_too_small/public_key": Entry(
        _A,
        _("This is a public key, which can read published offers only."),
        _("Create a private key (Jarvi, Settings > API keys) and use that one."),
    ),
    "company_unknown": Entry(
        _A,
        _("The ATS has no company with this ID ({company})."),
        _("Copy the company ID again from the page that shows the API key."),
    ),
    "other_company": Entry(
        _A,
        _("This key belongs to another company ({theirs}), so nothing was changed."),
        _("Use a key of the same company ({ours}), or add a new connection for the other one."),
    ),
    "already_connected": Entry(
        _A,
        _("This ATS account is already connected ({account}), so nothing was changed."),
        _("To use this key, rotate the key of that connection."),
    ),
    "history_hides": Entry(
        _A,
        _(
            "Some records haven't changed in the ATS since {since}, so they would be hidden (talents: {talents:,}; "
            "applications: {applications:,}). Nothing is deleted."
        ),
        _("Confirm it (on the command line, with --yes), or choose more years."),
    ),
    # the connection
    "disconnected": Entry(
        _A, _("The connection is disconnected and has no key."), _("Connect the ATS again.")
    ),
    "other_address": Entry(
        _A,
        _("This isn't the connection's address, so the key wasn't sent."),
        _(
            "Enter the ATS's address as it was when you connected it. If it is correct, someone may have "
            "changed the database: connect the ATS as a new connection."
        ),
    ),
    "key_bound_elsewhere": Entry(
        _A,
        _(
            "The API key was saved for a different ATS address than the connection has now, so it was not sent."
        ),
        _(
            "If Jemmo was just updated from version 0.1.0, ask the person who runs it to run `jemmo keys bind`. "
            "Otherwise, someone may have changed the database: disconnect the ATS and connect it again."
        ),
    ),
    "paused": Entry(_A, _("The connection is paused."), _SETTINGS),
    "paused/leaving": Entry(
        _A,
        _("The organization is scheduled for deletion, so its syncs are paused."),
        _(
            "To keep it, an owner can undo the deletion in Settings > Privacy > Delete the organization, "
            "or an operator with `jemmo org keep`."
        ),
    ),
    "paused/all": Entry(_A, _("Every connection is paused."), _SETTINGS),
    "no_connection": Entry(
        _A,
        _("There is no such connection."),
        _("`jemmo status` lists the connections. `jemmo connect` creates one."),
    ),
    "no_connection/none": Entry(
        _A,
        _("No ATS is connected."),
        _("Connect one in Settings > Organization > ATS integration."),
    ),
    "not_signed": Entry(
        _A,
        _("{ats} doesn't sign its webhooks."),
        _("Only the secret address protects them. Renew it if others have seen it."),
    ),
    "no_webhooks": Entry(
        _A,
        _("{ats} doesn't send webhooks that Jemmo can use."),
        _("No action needed: changes arrive with each sync."),
    ),
    # address and options
    "api_version": Entry(
        _A,
        _("{ats} doesn't support the API version that Jemmo requested ({status})."),
        _(
            "Set the option api_version to a version that your account accepts, for example 20240404."
        ),
    ),
    "redirected": Entry(
        _A,
        _("The address redirects elsewhere ({status}); the key was not sent there."),
        _("Use the API's own address ({instead})."),
    ),
    "address_malformed": Entry(
        _A,
        _("This isn't a web address. It must look like https://api.example.com."),
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
    "account_malformed": Entry(
        _A,
        _("“{account}” is not an account at {domain}."),
        _(
            "Enter the first part of the address where you sign in, for example hiring for https://hiring.example.com."
        ),
    ),
    "not_an_api": Entry(
        _A,
        _("The server at this address isn't the ATS's API ({host})."),
        _(
            "Correct the address. If it is correct, the ATS may be under maintenance: check its status page."
        ),
    ),
    "option": Entry(_A, _("The option {option} has an invalid value."), _OPTIONS),
    "option/range": Entry(
        _A,
        _("The option {option} has an invalid value (“{value}”)."),
        _("Enter a number from {least} to {most}. {help}"),
    ),
    "option/choice": Entry(
        _A,
        _("The option {option} has an invalid value (“{value}”)."),
        _("Choose one of: {choices}."),
    ),
    "option/pair": Entry(_A, _("“{option}” is not an option."), _("Use the form NAME=VALUE.")),
    "option/time": Entry(
        _A,
        _("“{value}” is not a period or a date."),
        _("Enter a period such as 24h, 7d or 2w, or a date such as 2026-03-01."),
    ),
    "option/cron": Entry(
        _A,
        _("The option {option} is not a schedule (“{value}”)."),
        _(
            "Enter five fields (minute, hour, day, month, weekday) that match at least once every two years, for "
            "example 0 19 * * 6."
        ),
    ),
    "option/company_id": Entry(
        _A,
        _("The option {option} has an invalid value."),
        _("Enter the encoded ID of 16 letters and digits shown next to the API key."),
    ),
    "option/tenant_tz": Entry(
        _A,
        _("The option {option} is not a time zone."),
        _("Enter a time zone such as Europe/Paris."),
    ),
    "option/suspicious_sizes": Entry(
        _A,
        _("The option {option} is not a list of numbers."),
        _("Enter numbers such as 100,500,1000."),
    ),
    "option/status_map": Entry(
        _A,
        _("The option {option} has an invalid value."),
        _("Enter pairs such as 1=open,0=archived. Statuses: draft, open, closed, archived."),
    ),
    "option/archived_filter_body": Entry(
        _A,
        _("The option {option} is not a JSON object."),
        _('Enter a JSON object such as {{"status":0}}.'),
    ),
    "option/backoff": Entry(
        _A,
        _("The option {option} is not a range of seconds."),
        _("Enter a range of seconds such as 2-60."),
    ),
    "option/json": Entry(
        _A, _("The option {option} is not valid JSON ({reason})."), _("Enter JSON.")
    ),
    "option/row_path": Entry(
        _A,
        _("The option {option} has an invalid path (“{value}”)."),
        _("Enter a path such as {example}."),
    ),
    "option/resume_paths": Entry(
        _A,
        _("The option {option} has an invalid value."),
        _("Jemmo reads resumes of profiles. Enter a path such as profiles.files."),
    ),
    "option/file_url": Entry(
        _A,
        _("The option {option} is not a valid address for files."),
        _(
            "Enter a complete address such as https://files.example.com/{{fileId}}. Use https, and name its host in "
            "the option file_hosts."
        ),
    ),
    "option_missing": Entry(
        _A,
        _("The option {option} is missing."),
        _("{help} On the command line: --option {option}=…"),
    ),
    "unknown_option": Entry(
        _A, _("{ats} has no option “{option}”."), _("Its options are: {options}.")
    ),
    # decisions
    "mass_deletion_held": Entry(
        _P,
        _("We paused deletions, because unusually many records are no longer in the ATS."),
        _("Check the ATS, then delete the records here or keep them."),
    ),
    "mass_deletion_held/report": Entry(
        _P,
        _("We paused deletions, because unusually many records are no longer in the ATS."),
        "Check the ATS. If the records are gone, release the deletions with `jemmo deletions "
        "release`, then sync again.",
    ),
    "deletion_begun": Entry(
        _P,
        _("The deletion was released and has begun, so these records can't be kept."),
        _("Records that the ATS still lists come back with the next full comparison."),
    ),
    "deletion_decided": Entry(
        _P,
        _("These deletions no longer need a decision."),
        _("Someone decided already, or the ATS lists the records again."),
    ),
    "deletion_waits": Entry(
        _P,
        _(
            "The ATS no longer has this record. It stays in Jemmo, because unusually many are missing."
        ),
        _("Review the paused deletions, or wait for the next full comparison."),
    ),
}
