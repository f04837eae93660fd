"""Stores files in an S3 bucket or a compatible service."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.files.storage import Missing, StorageError, Stored, TooLarge, checked

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError as error:
    raise ConfigError("not_installed") from error

SETTINGS = Config(
    connect_timeout=15,
    read_timeout=60,
    retries={"max_attempts": 3, "mode": "standard"},
    request_checksum_calculation="when_required",  # for compatible services that support no other checksums
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
        """Check only what the key may see: permissions to read the bucket's policy and ACL are not required."""
        status = self._readable(self._client.get_bucket_policy_status).get("PolicyStatus", {})
        grants = self._readable(self._client.get_bucket_acl).get("Grants", ())
        uris = [grant["Grantee"].get("URI", "") for grant in grants]
        if status.get("IsPublic") or any(uri.startswith(EVERYONE) for uri in uris):
            raise ConfigError("storage_public", place=self.place)

    def _readable(self, ask: Callable[..., dict[str, Any]]) -> dict[str, Any]:
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
        """Translate S3's refusals; ``action`` is the required permission as named in IAM."""
        try:
            yield
        except ClientError as error:
            raise self._error_of(action, error.response) from None
        except BotoCoreError as error:
            name = type(error).__name__
            if name in SETTINGS_MISSING:
                raise self._refused(SETTINGS_MISSING[name]) from None
            raise StorageError(place=self.place, reason=name) from None

    def _error_of(self, action: str, response: Mapping[str, Any]) -> JemmoError | Missing:
        code = str(response.get("Error", {}).get("Code", ""))
        if code in ABSENT:
            return Missing()
        if code in TOO_LARGE:
            return TooLarge()
        if code in DENIED:
            return self._refused("right", action=action)
        if code in REFUSALS:
            return self._refused(REFUSALS[code])
        if code.startswith("KMS."):
            return self._refused("encryption", reason=code)
        if (status := _status(response)) < 500 and status not in {408, 409, 429}:
            return self._refused(reason=code or f"HTTP {status}")
        return StorageError(place=self.place, reason=code)

    def _refused(self, variant: str = "", **facts: str) -> ConfigError:
        """Return the error for refused credentials, which a person must fix."""
        return ConfigError("storage_refused", variant=variant, place=self.place, **facts)


def _status(response: Mapping[str, Any]) -> int:
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def encryption_of(options: Mapping[str, str], address: str) -> dict[str, str]:
    """Return S3's encryption headers from the address's ``sse`` and ``kms_key``. Raises ``ConfigError``."""
    method, key = options.get("sse", ""), options.get("kms_key", "")
    is_known = not method or method in ENCRYPTION
    if set(options) - {"sse", "kms_key"} or not is_known or (key and not method.startswith("aws:")):
        methods = " or sse=".join(ENCRYPTION)
        raise ConfigError("storage_address", variant="encryption", address=address, methods=methods)
    arguments = {"ServerSideEncryption": method, "SSEKMSKeyId": key}
    return {name: value for name, value in arguments.items() if value}


ABSENT = {"404", "NoSuchKey"}
TOO_LARGE = {"EntityTooLarge", "RequestEntityTooLarge", "413"}
DENIED = {"AccessDenied", "403", "AllAccessDisabled"}
REFUSALS = {
    "NoSuchBucket": "no_bucket",
    "InvalidBucketName": "bucket_name",
    "InvalidAccessKeyId": "key_unknown",
    "SignatureDoesNotMatch": "secret",
    "AuthorizationHeaderMalformed": "region",
    "PermanentRedirect": "region",
    "301": "region",
    "IllegalLocationConstraintException": "region",
    "RequestTimeTooSkewed": "clock",
    "ExpiredToken": "key_expired",
    "InvalidToken": "key_expired",
    "TokenRefreshRequired": "key_expired",
}
SETTINGS_MISSING = {
    "NoCredentialsError": "no_key",
    "PartialCredentialsError": "key_incomplete",
    "NoRegionError": "no_region",
    "InvalidRegionError": "no_region",
    "ParamValidationError": "bucket_name",
    "SSLError": "certificate",
}
