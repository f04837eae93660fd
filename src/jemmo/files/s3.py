"""Files in a bucket of S3 or of anything that speaks it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from jemmo.files.storage import Missing, StorageError, Stored, checked, probe, refused

SETTINGS = Config(
    connect_timeout=15,
    read_timeout=60,
    retries={"max_attempts": 3, "mode": "standard"},
    request_checksum_calculation="when_required",  # what other makers' S3 understands
    response_checksum_validation="when_required",
)
ABSENT = {"404", "NoSuchKey"}
REFUSALS = {
    *("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403"),
    *("ExpiredToken", "InvalidToken", "PermanentRedirect"),
}


class S3Storage:
    """Implements ``jemmo.files.storage.Storage``. Key and region come from the usual ``AWS_*`` variables."""

    def __init__(self, bucket: str, prefix: str = "", endpoint: str | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=SETTINGS)
        weakref.finalize(self, self._client.close)

    @property
    def place(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def check(self) -> None:
        probe(self)

    def put(self, name: str, content: bytes) -> None:
        with self._explained():
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + checked(name),
                Body=content,
                ContentType="application/octet-stream",
                CacheControl="no-store",
            )

    def get(self, name: str) -> bytes:
        with self._explained():
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + checked(name))
            content: bytes = found["Body"].read()
            return content

    def delete(self, name: str) -> None:
        with self._explained():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + checked(name))

    def listing(self) -> Iterator[Stored]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._explained():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for one in page.get("Contents", ()):
                    yield Stored(one["Key"].removeprefix(self._prefix), one["LastModified"])

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ABSENT:
                raise Missing from None
            if code in REFUSALS:
                raise refused(self.place, code) from None
            raise StorageError(f"The S3 storage has a problem ({code or 'unknown'}).") from None
        except BotoCoreError as error:
            name = type(error).__name__
            if name in {"NoCredentialsError", "PartialCredentialsError", "NoRegionError"}:
                raise refused(self.place, "there is no key for it (AWS_ACCESS_KEY_ID)") from None
            raise StorageError(f"The S3 storage cannot be reached ({name}).") from None
