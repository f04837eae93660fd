"""Errors of keys, connections and their options, and decisions that a person has to make."""

from __future__ import annotations

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_A, _P = ErrorKind.ACCESS, ErrorKind.DECISION
_ROTATE = _("Create a new key in the ATS, then rotate the key here. {key_help}")
_FLATCHR_KEY = _(
    "Create a new key in Flatchr under advanced settings > API, then rotate the key here."
)
_RIGHT = _("Give the key this permission, or create a key that has it. {key_help}")
_OPTIONS = _("Correct the connection's options.")
_SETTINGS = _(
    "Resume the connection in Settings > Organization > ATS integration, then start a sync."
)
KEEP_ORGANIZATION = _(
    "To keep the organization, an owner can undo the deletion in Settings > Privacy > Delete the "
    "organization, or an operator can run `jemmo org keep`."
)
_TEAMTAILOR_KEY = _(
    "In Teamtailor, open Settings > Integrations > API keys and create a key with Admin scope and "
    "Read permission. The same page shows your region's address."
)

ACCESS: dict[str, Entry] = {
    # the key
    "key_refused": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}). The key was revoked or mistyped, or it "
            "belongs to another account."
        ),
        _ROTATE,
    ),
    "key_refused/flatchr": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}). The key was deleted or mistyped, or it is "
            "over a year old."
        ),
        _FLATCHR_KEY,
    ),
    "key_refused/jarvi": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}). The key was deleted or mistyped, or it is a "
            "public key, which can read only published offers."
        ),
        _("In Jarvi, create a private key under Settings > API keys, then rotate the key here."),
    ),
    "key_refused/teamtailor": Entry(
        _A,
        _(
            "{ats} refused the API key ({status}). The key was deleted or mistyped, or it "
            "belongs to another region."
        ),
        _TEAMTAILOR_KEY,
    ),
    "key_expired": Entry(
        _A,
        _("The API key expired on {day}."),
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
        _("Rotate the key before it expires to keep syncs running."),
    ),
    "signing_key_malformed": Entry(
        _A,
        _("This doesn't look like a signature key."),
        _("Enter only the key that the ATS shows next to the webhook, as a single line."),
    ),
    "key_empty": Entry(_A, _("No API key was provided."), _("Paste the key.")),
    "key_malformed": Entry(
        _A,
        _("This doesn't look like an API key."),
        _("Copy the key again as a single line, with nothing before or after it."),
    ),
    "same_key": Entry(
        _A,
        _("This key is already in use."),
        _("Create a new key in the ATS first. {key_help}"),
    ),
    # permissions of the key
    "scope_too_small": Entry(
        _A,
        _("The API key works, but it can't read everything a sync needs ({path})."),
        _RIGHT,
    ),
    "scope_too_small/rights": Entry(
        _A,
        _("The API key works, but it can't read everything a sync needs (missing: {rights})."),
        _RIGHT,
    ),
    "scope_too_small/teamtailor": Entry(
        _A,
        _("The API key's scope is too limited to read everything a sync needs ({path})."),
        _(
            "You can't change a key's scope. In Teamtailor, create a new key with Admin scope and "
            "Read permission under Settings > Integrations > API keys, then rotate the key here."
        ),
    ),
    "scope_too_small/public_key": Entry(
        _A,
        _("This is a public key, which can read only published offers."),
        _("In Jarvi, create a private key under Settings > API keys, then enter it here."),
    ),
    "company_unknown": Entry(
        _A,
        _("The ATS has no company with this ID ({company})."),
        _("Copy the company ID again from the page that shows the API key."),
    ),
    "other_company": Entry(
        _A,
        _("This key belongs to another company ({theirs}), so nothing was changed."),
        _(
            "Use a key from the same company ({ours}), or add a new connection for the other company."
        ),
    ),
    "already_connected": Entry(
        _A,
        _("This ATS account is already connected ({account}), so nothing was changed."),
        _("To use this key, rotate the key of the existing connection."),
    ),
    "history_hides": Entry(
        _A,
        _(
            "Some records haven't changed in the ATS since {since}, so they would be hidden "
            "(talents: {talents:,}; applications: {applications:,}). Nothing would be deleted."
        ),
        _("Confirm the change (with --yes on the command line), or choose a longer history."),
    ),
    # the connection
    "disconnected": Entry(
        _A,
        _("The connection was disconnected and no longer has a key."),
        _("Connect the ATS again."),
    ),
    "other_address": Entry(
        _A,
        _("This address doesn't match the connection's address, so the key wasn't sent."),
        _(
            "Enter the ATS address you used when you connected. If that address is already "
            "correct, someone may have changed the database. Create a new connection for this "
            "ATS."
        ),
    ),
    "key_bound_elsewhere": Entry(
        _A,
        _("The API key was saved for a different ATS address, so it wasn't sent."),
        _(
            "If you just updated Jemmo from version 0.1.0, ask your Jemmo operator to run `jemmo "
            "keys bind`. Otherwise, someone may have changed the database. Disconnect the ATS, then "
            "connect it again."
        ),
    ),
    "paused": Entry(_A, _("The connection is paused."), _SETTINGS),
    "paused/leaving": Entry(
        _A,
        _("The organization is scheduled for deletion, so its syncs are paused."),
        KEEP_ORGANIZATION,
    ),
    "paused/all": Entry(_A, _("Every connection is paused."), _SETTINGS),
    "no_connection": Entry(
        _A,
        _("This connection doesn't exist."),
        _("To list the connections, run `jemmo status`. To create one, run `jemmo connect`."),
    ),
    "no_connection/none": Entry(
        _A,
        _("No ATS is connected."),
        _("Connect an ATS in Settings > Organization > ATS integration."),
    ),
    "not_signed": Entry(
        _A,
        _("{ats} doesn't sign its webhooks."),
        _(
            "Only the secret address protects these webhooks. Replace the address if anyone else "
            "has seen it."
        ),
    ),
    "no_webhooks": Entry(
        _A,
        _("{ats} doesn't send webhooks that Jemmo can use."),
        _("No action needed. Changes arrive with each sync."),
    ),
    # address and options
    "api_version": Entry(
        _A,
        _("{ats} doesn't support the API version that Jemmo requested ({status})."),
        _("Set the api_version option to a version that your account accepts, such as 20240404."),
    ),
    "redirected": Entry(
        _A,
        _("The address redirects to another address ({status}), so the key wasn't sent there."),
        _("Use the API's own address ({instead})."),
    ),
    "address_malformed": Entry(
        _A,
        _("This isn't a valid web address. A valid address looks like https://api.example.com."),
        _("Correct the address, or leave it empty to use the ATS's default address."),
    ),
    "address_not_public": Entry(
        _A,
        _("This address can't be used. It must be publicly reachable and start with https."),
        _(
            "Leave the address empty to use the ATS's default, or ask your Jemmo operator to add its "
            "host to JEMMO_ATS_HOSTS."
        ),
    ),
    "account_malformed": Entry(
        _A,
        _("There is no “{account}” account at {domain}."),
        _(
            "Enter the first part of your sign-in address. For https://hiring.example.com, enter "
            "hiring."
        ),
    ),
    "not_an_api": Entry(
        _A,
        _("The server at this address isn't the ATS's API ({host})."),
        _(
            "Check the address. If the address is correct, the ATS may be under maintenance. "
            "Check the ATS's status page."
        ),
    ),
    "option": Entry(_A, _("The {option} option has an invalid value."), _OPTIONS),
    "option/range": Entry(
        _A,
        _("The {option} option has an invalid value (“{value}”)."),
        _("Enter a number from {least} to {most}. {help}"),
    ),
    "option/choice": Entry(
        _A,
        _("The {option} option has an invalid value (“{value}”)."),
        _("Choose one of these values: {choices}."),
    ),
    "option/pair": Entry(
        _A, _("“{option}” isn't a valid option."), _("Use the format NAME=VALUE.")
    ),
    "option/time": Entry(
        _A,
        _("“{value}” is not a valid period or date."),
        _("Enter a period such as 24h, 7d, or 2w, or a date such as 2026-03-01."),
    ),
    "option/cron": Entry(
        _A,
        _("The value of the {option} option isn't a valid schedule (“{value}”)."),
        _(
            "Enter five fields (minute, hour, day, month, weekday) that match a date at least once "
            "every two years, for example 0 19 * * 6."
        ),
    ),
    "option/company_id": Entry(
        _A,
        _("The {option} option has an invalid value."),
        _("Enter the encoded ID shown next to the API key. The ID has 16 letters and digits."),
    ),
    "option/tenant_tz": Entry(
        _A,
        _("The {option} option must be a valid time zone."),
        _("Enter a time zone such as Europe/Paris."),
    ),
    "option/suspicious_sizes": Entry(
        _A,
        _("The {option} option must be a list of numbers."),
        _("Enter numbers such as 100,500,1000."),
    ),
    "option/status_map": Entry(
        _A,
        _("The {option} option has an invalid value."),
        _(
            "Enter pairs such as 1=open,0=archived. The statuses are draft, open, closed, and "
            "archived."
        ),
    ),
    "option/archived_filter_body": Entry(
        _A,
        _("The {option} option must be a JSON object."),
        _('Enter a JSON object such as {{"status":0}}.'),
    ),
    "option/backoff": Entry(
        _A,
        _("The {option} option must be a range of seconds."),
        _("Enter a range of seconds such as 2-60."),
    ),
    "option/json": Entry(
        _A, _("The {option} option must be valid JSON ({reason})."), _("Enter JSON.")
    ),
    "option/row_path": Entry(
        _A,
        _("The {option} option contains an invalid path (“{value}”)."),
        _("Enter a path such as {example}."),
    ),
    "option/resume_paths": Entry(
        _A,
        _("The {option} option has an invalid value."),
        _("Jemmo reads resumes from profiles. Enter a path such as profiles.files."),
    ),
    "option/file_url": Entry(
        _A,
        _("The {option} option must be a valid file address."),
        _(
            "Enter a complete address such as https://files.example.com/{{fileId}}. The "
            "address must use https, and the file_hosts option must include its host."
        ),
    ),
    "option_missing": Entry(
        _A,
        _("The {option} option is missing."),
        _("{help} On the command line: --option {option}=…"),
    ),
    "unknown_option": Entry(
        _A, _("{ats} doesn't have an option called “{option}”."), _("Available options: {options}.")
    ),
    # decisions
    "mass_deletion_held": Entry(
        _P,
        _(
            "We paused deletions because an unusually large number of records are no longer in the ATS."
        ),
        _("Check the ATS, then delete or keep the records here."),
    ),
    "mass_deletion_held/report": Entry(
        _P,
        _(
            "We paused deletions because an unusually large number of records are no longer in the ATS."
        ),
        "Check the ATS. If the records are gone, confirm the deletions with `jemmo deletions "
        "release`, then sync again.",
    ),
    "deletion_begun": Entry(
        _P,
        _("The deletion was confirmed and has begun, so these records can't be kept."),
        _("Records still listed in the ATS will be restored by the next full comparison."),
    ),
    "deletion_decided": Entry(
        _P,
        _("These deletions no longer need a decision."),
        _("Someone has already made a decision, or the ATS is listing the records again."),
    ),
    "deletion_waits": Entry(
        _P,
        _(
            "The ATS no longer has this record. Jemmo is keeping it for now because an unusually "
            "large number of records are missing."
        ),
        _("Review the paused deletions, or wait for the next full comparison."),
    ),
}
