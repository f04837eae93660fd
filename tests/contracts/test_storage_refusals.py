"""A storage's refusal shows whether to retry, whether the operator must act, or whether only one file is affected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import pytest
from fakes.storages import KEY, make_bucket, s3_server, supabase_server
from fakes.supabase_storage import ANON

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.files.choose import choose
from jemmo.files.folder import FolderStorage
from jemmo.files.storage import Storage, StorageError, TooLarge, check, is_down

NAME = "00000000-0000-4000-8000-000000000001/00000000-0000-4000-8000-00000000000a"


def supabase(address: str, bucket: str = "resumes", key: str = KEY) -> Storage:
    keys = {"SUPABASE_URL": address, "SUPABASE_SERVICE_KEY": key}
    return choose(f"supabase://{bucket}", keys)


@pytest.fixture(scope="module")
def project() -> Iterator[str]:
    """The address of a Supabase project with a bucket for each problem."""
    with supabase_server() as address:
        make_bucket(address, "open", public=True)
        make_bucket(address, "small", file_size_limit=1000)
        make_bucket(address, "pictures", allowed_mime_types=["image/png"])
        yield address


@pytest.mark.parametrize(
    ("bucket", "key", "code", "step"),
    [
        ("resumes", "wrong", "storage_refused", "SUPABASE_SERVICE_KEY"),
        ("resumes", ANON, "storage_refused", "service role key"),
        ("open", KEY, "storage_public", "private"),
        ("pictures", KEY, "storage_refused", "application/octet-stream"),
        ("*", KEY, "storage_refused", "JEMMO_FILES"),
    ],
)
def test_refusals_by_supabase_name_the_next_step(
    project: str, bucket: str, key: str, code: str, step: str
) -> None:
    with pytest.raises(ConfigError) as told:
        check(supabase(project, bucket, key))
    assert told.value.code == code
    assert step in told.value.next_step
    assert "No action needed" not in told.value.next_step


@pytest.mark.parametrize(
    "ending", ["", "/", "/storage/v1", "/storage/v1/", "/rest/v1/", "/storage/v1/s3", "/auth/v1"]
)
def test_any_address_of_the_project_works(project: str, ending: str) -> None:
    check(supabase(project + ending))


def test_an_address_without_a_storage_is_explained(project: str) -> None:
    with pytest.raises(ConfigError) as told:
        check(supabase(f"{project}/elsewhere"))
    assert "SUPABASE_URL" in told.value.next_step


def test_a_dashboard_page_is_not_an_address() -> None:
    with pytest.raises(ConfigError) as told:
        supabase("https://supabase.com/dashboard/project/abc")
    assert "https://REF.supabase.co" in told.value.next_step


def test_only_the_file_is_too_large_for_a_bucket_with_a_limit(project: str) -> None:
    storage = supabase(project, "small")
    with pytest.raises(TooLarge):
        storage.put(NAME, b"x" * 2000)
    assert not is_down(storage)


class Answering(BaseHTTPRequestHandler):
    """Gives the same response to every request."""

    status: int
    body: bytes

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - its names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        return None


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    handler = type("Same", (Answering,), {"status": status, "body": body.encode()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (413, "<html>nginx</html>", TooLarge),
        (502, "bad gateway", StorageError),
        (540, "", ConfigError),
        (401, '{"message": "No API key found in request"}', ConfigError),
        (404, '{"message": "no Route matched with those values"}', ConfigError),
        (302, "", ConfigError),
    ],
)
def test_responses_of_older_supabase_versions_are_understood(
    status: int, body: str, kind: type[JemmoError]
) -> None:
    with answering(status, body) as address, pytest.raises(kind):
        supabase(address).put(NAME, b"x")


@pytest.fixture
def s3_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("status", "code", "kind", "step"),
    [
        (400, "AuthorizationHeaderMalformed", ConfigError, "AWS_DEFAULT_REGION"),
        (403, "SignatureDoesNotMatch", ConfigError, "AWS_SECRET_ACCESS_KEY"),
        (403, "InvalidAccessKeyId", ConfigError, "AWS_ACCESS_KEY_ID"),
        (403, "RequestTimeTooSkewed", ConfigError, "clock"),
        (403, "AccessDenied", ConfigError, "s3:PutObject"),
        (404, "NoSuchBucket", ConfigError, "Create a private bucket"),
        (400, "KMS.NotFoundException", ConfigError, "kms:GenerateDataKey"),
        (400, "NobodyKnows", ConfigError, "documentation"),
        (400, "EntityTooLarge", TooLarge, "JEMMO_FILE_MB"),
        (413, "", TooLarge, "JEMMO_FILE_MB"),
        (503, "SlowDown", StorageError, "No action needed"),
    ],
)
@pytest.mark.usefixtures("s3_keys")
def test_refusals_by_s3_name_the_next_step(
    status: int, code: str, kind: type[JemmoError], step: str
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>" if code else ""
    with answering(status, body) as address, patch("time.sleep"):
        storage = choose("s3://resumes", {"AWS_ENDPOINT_URL_S3": address})
        with pytest.raises(kind) as told:
            storage.put(NAME, b"x")
    assert step in told.value.next_step


def test_without_a_key_for_s3_the_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    storage = choose("s3://resumes", {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"})
    with pytest.raises(ConfigError) as told:
        storage.put(NAME, b"x")
    assert "AWS_ACCESS_KEY_ID" in told.value.next_step


@pytest.mark.parametrize(
    ("options", "algorithm", "key"),
    [
        ("", None, None),
        ("?sse=AES256", "AES256", None),
        ("?sse=aws:kms&kms_key=alias/resumes", "aws:kms", "alias/resumes"),
    ],
)
def test_s3_encrypts_as_configured(
    monkeypatch: pytest.MonkeyPatch, options: str, algorithm: str | None, key: str | None
) -> None:
    import boto3

    with s3_server(monkeypatch) as address:
        endpoint, _, bucket = address.rpartition("/")
        storage = choose(f"s3://{bucket}/files{options}", {"AWS_ENDPOINT_URL_S3": endpoint})
        storage.put(NAME, b"x")
        assert "sse" not in storage.place
        client = boto3.client("s3", endpoint_url=endpoint)
        kept = client.head_object(Bucket=bucket, Key=f"files/{NAME}")
        client.close()
        storage.close()
    assert kept.get("ServerSideEncryption") == algorithm
    assert (kept.get("SSEKMSKeyId") or "").endswith(key or "")


@pytest.mark.parametrize("options", ["?sse=rot13", "?kms_key=x", "?sse=AES256&kms_key=x", "?x=1"])
def test_an_encryption_that_does_not_exist_is_explained(options: str) -> None:
    with pytest.raises(ConfigError) as told:
        choose(f"s3://resumes{options}", {})
    assert "sse=AES256" in told.value.next_step


def test_a_public_s3_bucket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    with s3_server(monkeypatch) as address:
        endpoint, _, bucket = address.rpartition("/")
        client = boto3.client("s3", endpoint_url=endpoint)
        client.put_bucket_acl(Bucket=bucket, ACL="public-read")
        client.close()
        storage = choose(f"s3://{bucket}", {"AWS_ENDPOINT_URL_S3": endpoint})
        with pytest.raises(ConfigError) as told:
            check(storage)
        storage.close()
    assert told.value.code == "storage_public"


def test_a_file_too_large_for_the_disk_affects_only_that_file(tmp_path: Path) -> None:
    with (
        patch("jemmo.files.folder.os.fsync", side_effect=OSError(27, "File too large")),
        pytest.raises(TooLarge),
    ):
        FolderStorage(tmp_path / "files").put(NAME, b"x")


@pytest.mark.parametrize(("module", "address"), [("boto3", "s3://resumes")])
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, address: str
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "jemmo.files.s3", raising=False)
    with pytest.raises(ConfigError) as told:
        choose(address, {})
    assert "jemmo[s3]" in told.value.next_step
