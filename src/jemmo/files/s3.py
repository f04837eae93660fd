"""Files in a bucket of S3 or of anything that speaks it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.files.storage import (
    Missing,
    StorageError,
    Stored,
    TooLarge,
    bad_address,
    checked,
    public,
    refused,
)

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError as error:
    raise ConfigError(
        "Files are to be kept in S3, but the library for it is not installed.",
        code="not_installed",
        next_step="Run `pip install 'jemmo[s3]'`, or `make setup` in a clone.",
    ) from error

SETTINGS = Config(
    connect_timeout=15,
    read_timeout=60,
    retries={"max_attempts": 3, "mode": "standard"},
    request_checksum_calculation="when_required",  # what other makers' S3 understands
    response_checksum_validation="when_required",
)
ENCRYPTION = ("AES256", "aws:kms", "aws:kms:dsse")
EVERYONE = "http://acs.amazonaws.com/groups/global/"


class S3Storage:
    """Implements ``jemmo.files.storage.Storage``. Key and region come from the usual ``AWS_*`` variables."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        endpoint: str | None = None,
        encryption: Mapping[str, str] | None = None,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._encryption = dict(encryption or {})
        with self._explained("CreateClient"):
            self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=SETTINGS)
        weakref.finalize(self, self._client.close)

    @property
    def place(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def prepare(self) -> None:
        """Judge by what the key may see: the rights to look at policy and list of access are not demanded."""
        status = self._seen(self._client.get_bucket_policy_status).get("PolicyStatus", {})
        grants = self._seen(self._client.get_bucket_acl).get("Grants", ())
        uris = [grant["Grantee"].get("URI", "") for grant in grants]
        if status.get("IsPublic") or any(uri.startswith(EVERYONE) for uri in uris):
            raise public(self.place, "Block all public access to the bucket.")

    def _seen(self, ask: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        try:
            return ask(Bucket=self._bucket)
        except (ClientError, BotoCoreError):
            return {}

    def put(self, name: str, content: bytes) -> None:
        with self._explained("PutObject"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + checked(name),
                Body=content,
                ContentType="application/octet-stream",
                CacheControl="no-store",
                **self._encryption,
            )

    def get(self, name: str) -> bytes:
        with self._explained("GetObject"):
            response = self._client.get_object(
                Bucket=self._bucket, Key=self._prefix + checked(name)
            )
            content: bytes = response["Body"].read()
            return content

    def delete(self, name: str) -> None:
        with self._explained("DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + checked(name))

    def listing(self, folder: str = "") -> Iterator[Stored]:
        pages = self._client.get_paginator("list_objects_v2")
        prefix = f"{self._prefix}{folder}/" if folder else self._prefix
        with self._explained("ListBucket"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for entry in page.get("Contents", ()):
                    yield Stored(entry["Key"].removeprefix(self._prefix), entry["LastModified"])

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        """Turn S3's refusals into ours; ``action`` is the right it takes, as IAM names it."""
        try:
            yield
        except ClientError as error:
            raise self._said(action, error.response) from None
        except BotoCoreError as error:
            name = type(error).__name__
            if name in SETTINGS_MISSING:
                raise refused(self.place, *SETTINGS_MISSING[name]) from None
            raise StorageError(f"The S3 storage cannot be reached ({name}).") from None

    def _said(self, action: str, response: Mapping[str, Any]) -> JemmoError | Missing:
        code = str(response.get("Error", {}).get("Code", ""))
        if code in ABSENT:
            return Missing()
        if code in TOO_LARGE:
            return TooLarge()
        if code in DENIED:
            step = f"Allow s3:{action} to the key ({RIGHTS})."
            return refused(self.place, f"the key lacks the right s3:{action}", step)
        if code in REFUSALS:
            return refused(self.place, *REFUSALS[code])
        if code.startswith("KMS."):
            return refused(self.place, f"its encryption key cannot be used ({code})", KMS_STEP)
        if (status := _status(response)) < 500 and status not in {408, 409, 429}:
            return refused(
                self.place, code or f"HTTP {status}", "Look the code up in the storage's manual."
            )
        return StorageError(f"The S3 storage has a problem ({code or 'unknown'}).")


def _status(response: Mapping[str, Any]) -> int:
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def encryption_of(options: Mapping[str, str], address: str) -> dict[str, str]:
    """What S3 is told about encryption, from ``sse`` and ``kms_key`` of the address; raises ``ConfigError``."""
    method, key = options.get("sse", ""), options.get("kms_key", "")
    is_known = not method or method in ENCRYPTION
    if set(options) - {"sse", "kms_key"} or not is_known or (key and not method.startswith("aws:")):
        raise bad_address(
            address,
            f"After ? it may say sse={' or sse='.join(ENCRYPTION)}, and with the latter two kms_key=KEY.",
        )
    arguments = {"ServerSideEncryption": method, "SSEKMSKeyId": key}
    return {name: value for name, value in arguments.items() if value}


RIGHTS = "Jemmo needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket"
KEY_STEP = "Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
REGION_STEP = "Set AWS_DEFAULT_REGION to the region of the bucket."
KMS_STEP = "Allow kms:GenerateDataKey and kms:Decrypt with the key to this access key."
ABSENT = {"404", "NoSuchKey"}
TOO_LARGE = {"EntityTooLarge", "RequestEntityTooLarge", "413"}
DENIED = {"AccessDenied", "403", "AllAccessDisabled"}
_REGION = ("the bucket is in another region", REGION_STEP)
_EXPIRED = ("the access key has expired", "Give Jemmo a key that lasts, or a fresh one.")
REFUSALS = {
    "NoSuchBucket": (
        "there is no such bucket",
        "Create it, private, or correct its name in JEMMO_FILES.",
    ),
    "InvalidBucketName": ("a bucket cannot have that name", "Correct it in JEMMO_FILES."),
    "InvalidAccessKeyId": ("the access key is unknown", KEY_STEP),
    "SignatureDoesNotMatch": ("the secret does not belong to the access key", KEY_STEP),
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "RequestTimeTooSkewed": (
        "this machine's clock is wrong",
        "Set the clock (with NTP, for example): it may differ from the storage's by 15 minutes at most.",
    ),
    "ExpiredToken": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
}
SETTINGS_MISSING = {
    "NoCredentialsError": (
        "there is no key for it",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    "PartialCredentialsError": ("its key is not whole", KEY_STEP),
    "NoRegionError": ("no region is set", REGION_STEP),
    "InvalidRegionError": ("there is no such region", REGION_STEP),
    "ParamValidationError": ("a bucket cannot have that name", "Correct it in JEMMO_FILES."),
    "SSLError": (
        "its certificate is not trusted",
        "Correct AWS_ENDPOINT_URL_S3, or set AWS_CA_BUNDLE to the authority's certificate.",
    ),
}
