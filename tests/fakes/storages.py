"""Every file storage backend, with a real server or one that behaves like it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import urllib3

from jemmo.files.choose import choose
from jemmo.files.storage import Storage

KEY = "service-key"
BACKENDS = ("folder", "supabase", "s3")


@contextmanager
def supabase_server() -> Iterator[str]:
    """The address of a new server."""
    program = Path(__file__).with_name("supabase_storage.py")
    server = subprocess.Popen(
        [sys.executable, str(program), KEY], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.communicate()


def make_bucket(address: str, name: str, **options: object) -> None:
    """Create a bucket as a person might, with options that Jemmo would not choose."""
    answer = urllib3.request(
        "POST",
        f"{address}/storage/v1/bucket",
        body=json.dumps({"id": name, "name": name, **options}).encode(),
        headers={"apikey": KEY, "Authorization": f"Bearer {KEY}"},
    )
    assert answer.status == 200


@contextmanager
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run an S3 server and yield ``http://host/BUCKET``. Servers share the process's memory, so each bucket is new."""
    from moto.server import ThreadedMotoServer

    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-3",
    }.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        import boto3

        bucket = f"resumes-{secrets.token_hex(6)}"
        client = boto3.client("s3", endpoint_url=address)
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
        )
        client.close()
        yield f"{address}/{bucket}"
    finally:
        server.stop()


@contextmanager
def storage_of(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Return an empty storage of that kind."""
    if kind == "folder":
        yield choose(str(folder / "files"), {})
    elif kind == "supabase":
        with supabase_server() as address:
            keys = {"SUPABASE_URL": address, "SUPABASE_SERVICE_KEY": KEY}
            with closing(choose("supabase://resumes", keys)) as found:
                yield found
    else:
        with s3_server(monkeypatch) as address:
            endpoint, _, bucket = address.rpartition("/")
            keys = {"AWS_ENDPOINT_URL_S3": endpoint}
            with closing(choose(f"s3://{bucket}/jemmo", keys)) as found:
                yield found
