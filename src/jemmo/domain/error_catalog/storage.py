"""Errors of the file storage. The operator takes the next step."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_operator = partial(Entry, ErrorKind.JEMMO, for_operator=True)
_unavailable = partial(
    Entry,
    ErrorKind.JEMMO,
    next_step=_(
        "No action needed: files are retried. If this continues, ask the person who runs Jemmo to run `jemmo doctor`."
    ),
)
_DOCTOR = "Then run `jemmo doctor`."
_RULE = (
    "It is a folder's path, supabase://BUCKET, or s3://BUCKET with an optional /prefix and ?sse=…"
)
_AWS_KEY = f"Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. {_DOCTOR}"
_AWS_REGION = f"Set AWS_DEFAULT_REGION to the region of the bucket. {_DOCTOR}"
_SUPABASE_KEY = (
    "Set SUPABASE_SERVICE_KEY to the service role key (or a secret key) of the project that SUPABASE_URL names; the "
    f"anon key may not keep files. {_DOCTOR}"
)
_SUPABASE_URL = "Set SUPABASE_URL to the project's own address, such as https://REF.supabase.co."

STORAGE: dict[str, Entry] = {
    "storage_unavailable": _unavailable(
        _("The file storage is unavailable ({place}: {reason}), so downloads are on hold.")
    ),
    "storage_unavailable/unread": _unavailable(
        "The file storage {place} did not return what was stored."
    ),
    "storage_unavailable/unlisted": _unavailable(
        "The file storage {place} does not list what was stored."
    ),
    "storage_too_large": _operator(
        _("The file is larger than the file storage accepts."),
        "Raise the size limit of the bucket (and of a proxy in front of it), or lower JEMMO_FILE_MB.",
    ),
    "storage_public": _operator(
        _("The file storage is open to the public ({place}), so no files are stored in it."),
        f"Block all public access to the bucket, or make it private. {_DOCTOR}",
    ),
    "storage_other": _operator(
        _("This machine uses a different file storage ({place}) than the rest of Jemmo."),
        "Set JEMMO_FILES to the same storage on every machine: a bucket, or a folder that all of them share. If you "
        "moved the files, copy the folder jemmo-storage too. If they are lost, `jemmo doctor --accept-storage` starts "
        "with this one, and files are downloaded again.",
    ),
    "storage_address": _operator(
        _("The address of the file storage in JEMMO_FILES is wrong ({address})."), _RULE
    ),
    "storage_address/relative": _operator(
        "The path in JEMMO_FILES is not absolute ({address}).", f"{_RULE} A path must be absolute."
    ),
    "storage_address/parts": _operator(
        "The address in JEMMO_FILES has parts that don't belong there ({address}).",
        f"{_RULE} Keys belong in variables of their own.",
    ),
    "storage_address/encryption": _operator(
        "The address in JEMMO_FILES has options that don't exist ({address}).",
        "After ? it may say sse={methods}, and with the latter two kms_key=KEY.",
    ),
    "storage_address/endpoint": _operator(
        "{variable} is not the address of a server.",
        "Set {variable} to the address of the S3 server, such as https://s3.example.com.",
    ),
    "storage_address/supabase": _operator(
        "SUPABASE_URL is not the address of a Supabase project.", _SUPABASE_URL
    ),
    "storage_key_missing": _operator(
        _("The key of the file storage is missing."),
        "Set SUPABASE_URL and SUPABASE_SERVICE_KEY, as shown in Supabase under Project Settings > API; the key is the "
        "service role's.",
    ),
    # refusals
    "storage_refused": _operator(
        _("The file storage refused access ({place}: {reason}), so downloads are on hold."),
        f"Look up the reason in the storage's manual. {_DOCTOR}",
    ),
    "storage_refused/folder": _operator(
        "The file storage {place} refused: Jemmo may not write to this folder.",
        f"Give it to the user who runs Jemmo, or choose another in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/no_bucket": _operator(
        "The file storage {place} refused: there is no such bucket.",
        f"Create it, private, or correct its name in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/bucket_name": _operator(
        "The file storage {place} refused: a bucket cannot have that name.",
        f"Correct it in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/right": _operator(
        "The file storage {place} refused: the key lacks the right s3:{action}.",
        "Allow s3:{action} to the key (Jemmo needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket). "
        f"{_DOCTOR}",
    ),
    "storage_refused/key_unknown": _operator(
        "The file storage {place} refused: the access key is unknown.", _AWS_KEY
    ),
    "storage_refused/secret": _operator(
        "The file storage {place} refused: the secret does not belong to the access key.", _AWS_KEY
    ),
    "storage_refused/key_incomplete": _operator(
        "The file storage {place} refused: its key is incomplete.", _AWS_KEY
    ),
    "storage_refused/no_key": _operator(
        "The file storage {place} refused: there is no key for it.",
        f"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. {_DOCTOR}",
    ),
    "storage_refused/key_expired": _operator(
        "The file storage {place} refused: the access key has expired.",
        f"Give Jemmo a key that doesn't expire, or a new one. {_DOCTOR}",
    ),
    "storage_refused/region": _operator(
        "The file storage {place} refused: the bucket is in another region.", _AWS_REGION
    ),
    "storage_refused/no_region": _operator(
        "The file storage {place} refused: its region is missing or unknown.", _AWS_REGION
    ),
    "storage_refused/clock": _operator(
        "The file storage {place} refused: this machine's clock is wrong.",
        "Set the clock (with NTP, for example): it may differ from the storage's by 15 minutes at most. "
        f"{_DOCTOR}",
    ),
    "storage_refused/encryption": _operator(
        "The file storage {place} refused: its encryption key cannot be used ({reason}).",
        f"Allow kms:GenerateDataKey and kms:Decrypt with the key to this access key. {_DOCTOR}",
    ),
    "storage_refused/certificate": _operator(
        "The file storage {place} refused: its certificate is not trusted.",
        f"Correct AWS_ENDPOINT_URL_S3, or set AWS_CA_BUNDLE to the authority's certificate. {_DOCTOR}",
    ),
    "storage_refused/supabase_key": _operator(
        "The file storage {place} refused: the key is not accepted ({reason}).", _SUPABASE_KEY
    ),
    "storage_refused/supabase_url": _operator(
        "The file storage {place} refused: it doesn't respond like Supabase Storage.",
        f"{_SUPABASE_URL} {_DOCTOR}",
    ),
    "storage_refused/supabase_project": _operator(
        "The file storage {place} refused: there is no such project.", f"{_SUPABASE_URL} {_DOCTOR}"
    ),
    "storage_refused/supabase_paused": _operator(
        "The file storage {place} refused: the project is paused.",
        f"Resume it in Supabase. {_DOCTOR}",
    ),
    "storage_refused/supabase_types": _operator(
        "The file storage {place} refused: the bucket only allows other file types.",
        f"In Supabase, Storage, edit the bucket and allow application/octet-stream. {_DOCTOR}",
    ),
    # reading files
    "reader_unavailable": _operator(
        _("The process that reads files won't start ({reason}), so downloads are on hold."),
        "Install Jemmo again (`make setup`), then run `jemmo doctor`. Downloads continue after that.",
    ),
    "reader_unavailable/sample": _operator(
        "The process that reads files finds no text in a sample, so downloads are on hold.",
        "Install Jemmo again (`make setup`), then run `jemmo doctor`. Downloads continue after that.",
    ),
    "reader_unavailable/platform": _operator(
        "Files can't be read safely on this system.", "Run Jemmo on Linux or macOS."
    ),
    "not_installed": _operator(
        "Files are to be kept in S3, but the library for it is not installed.",
        "Run `pip install 'jemmo[s3]'`, or `make setup` in a clone.",
    ),
    "not_installed/parquet": _operator(
        "Parquet can't be written: the library for it is not installed.",
        "Run `pip install 'jemmo[parquet]'`, or export as jsonl or csv.",
    ),
}
