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
        "No action needed. Jemmo will try to process the files again. If the problem persists, "
        "ask your Jemmo operator to run `jemmo doctor`."
    ),
)
_DOCTOR = "Then run `jemmo doctor`."
_RULE = (
    "Set JEMMO_FILES to a folder path, supabase://BUCKET, or s3://BUCKET with an optional "
    "/prefix and ?sse=…"
)
_AWS_KEY = f"Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. {_DOCTOR}"
_AWS_REGION = f"Set AWS_DEFAULT_REGION to the region of the bucket. {_DOCTOR}"
_SUPABASE_KEY = (
    "Set SUPABASE_SERVICE_KEY to the service role key (or a secret key) of the project in SUPABASE_URL. The anon key "
    f"can't store files. {_DOCTOR}"
)
_SUPABASE_URL = "Set SUPABASE_URL to the project's address, such as https://REF.supabase.co."

STORAGE: dict[str, Entry] = {
    "storage_unavailable": _unavailable(
        _("The file storage is unavailable ({place}: {reason}), so downloads are on hold.")
    ),
    "storage_unavailable/unread": _unavailable(
        "The file storage {place} didn't return the file that was stored."
    ),
    "storage_unavailable/reading": Entry(
        ErrorKind.JEMMO, _("The file storage isn't responding."), _("Try again later.")
    ),
    "storage_unavailable/unlisted": _unavailable(
        "The file storage {place} doesn't list the file that was stored."
    ),
    "storage_too_large": _operator(
        _("The file is larger than the file storage allows."),
        "Raise the size limit of the bucket (and of any proxy in front of it), or lower JEMMO_FILE_MB.",
    ),
    "storage_public": _operator(
        _("The file storage is publicly accessible ({place}), so Jemmo doesn't store files there."),
        f"Make the bucket private by blocking all public access to it. {_DOCTOR}",
    ),
    "storage_other": _operator(
        _("This machine doesn't use the same file storage ({place}) as the rest of Jemmo."),
        "Set JEMMO_FILES to the same storage on every machine: a bucket, or a folder that all of "
        "them share. If you moved the files, also copy the folder jemmo-storage. If the files "
        "are lost, run `jemmo doctor --accept-storage` to use this storage. Jemmo will then "
        "download the files again.",
    ),
    "storage_address": _operator(
        _("The file storage address in JEMMO_FILES is incorrect ({address})."), _RULE
    ),
    "storage_address/relative": _operator(
        "The path in JEMMO_FILES is not absolute ({address}).", f"{_RULE} A path must be absolute."
    ),
    "storage_address/parts": _operator(
        "The address in JEMMO_FILES has parts that don't belong there ({address}).",
        f"{_RULE} Set keys in their own variables.",
    ),
    "storage_address/encryption": _operator(
        "The address in JEMMO_FILES has options that don't exist ({address}).",
        "After ?, you can add sse={methods}. With the last two methods, you can also add "
        "kms_key=KEY.",
    ),
    "storage_address/endpoint": _operator(
        "{variable} is not a valid server address.",
        "Set {variable} to the address of the S3 server, such as https://s3.example.com.",
    ),
    "storage_address/supabase": _operator(
        "SUPABASE_URL is not a valid Supabase project address.", _SUPABASE_URL
    ),
    "storage_key_missing": _operator(
        _("The file storage key is missing."),
        "Set SUPABASE_URL and SUPABASE_SERVICE_KEY to the project URL and the service role key, which Supabase shows "
        "under Project Settings > API.",
    ),
    # refusals
    "storage_refused": _operator(
        _("The file storage refused access ({place}: {reason}), so downloads are on hold."),
        f"Look up the reason in the storage provider's documentation. {_DOCTOR}",
    ),
    "storage_refused/folder": _operator(
        "The file storage {place} refused access because Jemmo isn't allowed to write to this folder.",
        f"Change the folder's owner to the user that runs Jemmo, or choose another folder in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/no_bucket": _operator(
        "The file storage {place} refused access because the bucket doesn't exist.",
        f"Create a private bucket with this name, or correct the name in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/bucket_name": _operator(
        "The file storage {place} refused access because the bucket name isn't valid.",
        f"Correct the name in JEMMO_FILES. {_DOCTOR}",
    ),
    "storage_refused/right": _operator(
        "The file storage {place} refused access because the key doesn't have the s3:{action} permission.",
        "Give the key the permission s3:{action}. Jemmo needs s3:PutObject, s3:GetObject, "
        f"s3:DeleteObject, and s3:ListBucket. {_DOCTOR}",
    ),
    "storage_refused/key_unknown": _operator(
        "The file storage {place} refused access because the access key is unknown.", _AWS_KEY
    ),
    "storage_refused/secret": _operator(
        "The file storage {place} refused access because the secret doesn't match the access key.",
        _AWS_KEY,
    ),
    "storage_refused/key_incomplete": _operator(
        "The file storage {place} refused access because its key is incomplete.", _AWS_KEY
    ),
    "storage_refused/no_key": _operator(
        "The file storage {place} refused access because no key is set.",
        f"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. {_DOCTOR}",
    ),
    "storage_refused/key_expired": _operator(
        "The file storage {place} refused access because the access key has expired.",
        f"Set a new key, or one that doesn't expire. {_DOCTOR}",
    ),
    "storage_refused/region": _operator(
        "The file storage {place} refused access because the bucket is in another region.",
        _AWS_REGION,
    ),
    "storage_refused/no_region": _operator(
        "The file storage {place} refused access because its region is missing or unknown.",
        _AWS_REGION,
    ),
    "storage_refused/clock": _operator(
        "The file storage {place} refused access because this machine's clock is wrong.",
        "Correct the clock, for example with NTP. It may differ from the storage's clock by at most 15 minutes. "
        f"{_DOCTOR}",
    ),
    "storage_refused/encryption": _operator(
        "The file storage {place} refused access because its encryption key can't be used ({reason}).",
        f"Give the access key the permissions kms:GenerateDataKey and kms:Decrypt for the encryption key. {_DOCTOR}",
    ),
    "storage_refused/certificate": _operator(
        "The file storage {place} can't be used because its certificate isn't trusted.",
        f"Correct AWS_ENDPOINT_URL_S3, or set AWS_CA_BUNDLE to the authority's certificate. {_DOCTOR}",
    ),
    "storage_refused/supabase_key": _operator(
        "The file storage {place} refused the key ({reason}).", _SUPABASE_KEY
    ),
    "storage_refused/supabase_url": _operator(
        "The file storage {place} can't be used because it doesn't respond like Supabase Storage.",
        f"{_SUPABASE_URL} {_DOCTOR}",
    ),
    "storage_refused/supabase_project": _operator(
        "The file storage {place} refused access because the project doesn't exist.",
        f"{_SUPABASE_URL} {_DOCTOR}",
    ),
    "storage_refused/supabase_paused": _operator(
        "The file storage {place} refused access because the project is paused.",
        f"Resume the project in Supabase. {_DOCTOR}",
    ),
    "storage_refused/supabase_types": _operator(
        "The file storage {place} refused the file because the bucket allows only other file types.",
        f"In Supabase, open Storage, edit the bucket, and allow application/octet-stream. {_DOCTOR}",
    ),
    # reading files
    "reader_unavailable": _operator(
        _("The process that reads files can't start ({reason}), so downloads are on hold."),
        "Reinstall Jemmo (`make setup`), then run `jemmo doctor`. Downloads will then resume.",
    ),
    "reader_unavailable/sample": _operator(
        "The process that reads files found no text in a sample file, so downloads are on hold.",
        "Reinstall Jemmo (`make setup`), then run `jemmo doctor`. Downloads will then resume.",
    ),
    "reader_unavailable/platform": _operator(
        "Files can't be read safely on this system.", "Run Jemmo on Linux or macOS."
    ),
    "not_installed": _operator(
        "Files can't be stored in S3 because the S3 library isn't installed.",
        "Run `pip install 'jemmo[s3]'`, or `make setup` in a clone.",
    ),
    "not_installed/parquet": _operator(
        "Jemmo can't write Parquet files because the Parquet library isn't installed.",
        "Run `pip install 'jemmo[parquet]'`, or export as jsonl or csv.",
    ),
    "not_installed/otel": _operator(
        "Traces can't be sent because OpenTelemetry isn't installed.",
        "Run `pip install 'jemmo[otel]'`, or `make setup` in a clone. To run without traces, unset "
        "OTEL_EXPORTER_OTLP_ENDPOINT.",
    ),
}
