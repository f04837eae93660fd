"""The file storages that companies use: a Supabase project, and S3 with minimal permissions.

``JEMMO_TEST_SUPABASE_URL`` and ``JEMMO_TEST_SUPABASE_KEY`` name a real project. Without them, a server behaves like
supabase/storage 1.11.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from uuid import UUID

import boto3
import psycopg
import pytest
import urllib3
from fakes.deployments import Customer
from fakes.processes import jemmo, part
from fakes.storages import KEY, s3_server, supabase_server

from jemmo.domain.errors import ConfigError
from jemmo.files.choose import choose
from jemmo.files.storage import Missing, Storage, TooLarge, check
from jemmo.sandbox import run_sandbox
from jemmo.services.base.contexts import file_context
from jemmo.vault import keyset_path, open_vault

FOLDER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def project() -> Iterator[dict[str, str]]:
    url = os.environ.get("JEMMO_TEST_SUPABASE_URL")
    if url:
        yield {
            "SUPABASE_URL": url,
            "SUPABASE_SERVICE_KEY": os.environ["JEMMO_TEST_SUPABASE_KEY"],
        }
        return
    with supabase_server() as address:
        yield {"SUPABASE_URL": address, "SUPABASE_SERVICE_KEY": KEY}


@pytest.fixture
def bucket(project: dict[str, str]) -> Iterator[str]:
    """A new bucket's name; the bucket is emptied after the test."""
    name = f"jemmo-test-{secrets.token_hex(4)}"
    yield name
    storage = choose(f"supabase://{name}", project)
    for stored in list(storage.listing()):
        storage.delete(stored.name)
    storage.close()


def make_bucket(project: dict[str, str], name: str, **options: object) -> None:
    key = project["SUPABASE_SERVICE_KEY"]
    answer = urllib3.request(
        "POST",
        f"{project['SUPABASE_URL']}/storage/v1/bucket",
        body=json.dumps({"id": name, "name": name, **options}).encode(),
        headers={
            "apikey": key,
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status == 200, answer.data


def test_supabase_stores_lists_and_deletes_more_than_a_page(
    project: dict[str, str], bucket: str
) -> None:
    storage = choose(f"supabase://{bucket}", project)
    check(storage)
    names = {f"{FOLDER}/{number:05}" for number in range(1005)}
    for name in names:
        storage.put(name, name.encode())

    assert {stored.name for stored in storage.listing(FOLDER)} == names
    assert storage.get(f"{FOLDER}/00007") == f"{FOLDER}/00007".encode()
    for name in names:
        storage.delete(name)
    with pytest.raises(Missing):
        storage.get(f"{FOLDER}/00007")
    assert list(storage.listing()) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"public": True}, "storage_public"),
        ({"allowed_mime_types": ["image/png"]}, "storage_refused"),
    ],
)
def test_unsuitable_supabase_buckets_are_refused(
    project: dict[str, str], bucket: str, options: dict[str, object], code: str
) -> None:
    make_bucket(project, bucket, **options)
    with pytest.raises(ConfigError) as told:
        check(choose(f"supabase://{bucket}", project))
    assert told.value.code == code


def test_supabase_refuses_only_files_that_are_too_large(
    project: dict[str, str], bucket: str
) -> None:
    make_bucket(project, bucket, file_size_limit=10_000)
    storage = choose(f"supabase://{bucket}", project)
    with pytest.raises(TooLarge):
        storage.put(f"{FOLDER}/large", b"x" * 20_000)
    storage.put(f"{FOLDER}/small", b"x")
    assert storage.get(f"{FOLDER}/small") == b"x"


def test_supabase_refuses_a_wrong_key(project: dict[str, str], bucket: str) -> None:
    with pytest.raises(ConfigError) as told:
        check(choose(f"supabase://{bucket}", {**project, "SUPABASE_SERVICE_KEY": "wrong"}))
    assert "SUPABASE_SERVICE_KEY" in told.value.next_step


async def fetched(customer: Customer) -> list[tuple[UUID, UUID, str]]:
    """Return the files once all are stored; the worker checks every minute."""
    with psycopg.connect(customer.admin_url, autocommit=True) as db:
        waiting = """
            SELECT count(*) FROM jemmo.attachment f JOIN jemmo.talent t ON t.id = f.talent_id
            WHERE f.fetch_status = 'PENDING' AND t.excluded_reason IS NULL"""
        stored = "SELECT org_id, id, sha256 FROM jemmo.file_version WHERE state = 'stored'"
        db.execute("SELECT set_config('jemmo.reach', 'everything', false)")
        async with asyncio.timeout(300):
            while db.execute(waiting).fetchone() != (0,):
                await asyncio.sleep(0.5)
        rows = db.execute(stored).fetchall()
    assert rows
    return rows


async def test_files_of_a_company_go_to_supabase(
    customer: Customer, project: dict[str, str], bucket: str
) -> None:
    env = {"DATABASE_URL": customer.url, "JEMMO_FILES": f"supabase://{bucket}", **project}
    async with run_sandbox(talents=10, seed=9, switches={"rate_limit": False}) as ats:
        address = ("--base-url", ats.base_url, "--option", "pacing=off")
        words = ("connect", "teamtailor", "--org", "acme", "--key-stdin", *address)
        assert (await jemmo(*words, stdin=ats.key + "\n", env=env)).status == 0
        assert (await jemmo("sync", "--org", "acme", env=env)).status == 0
        async with part("worker", env=env):
            stored = await fetched(customer)
    storage, vault = choose(env["JEMMO_FILES"], project), open_vault(keyset_path(), create=False)
    for org, version, sha256 in stored:
        sealed = storage.get(f"{org}/{version}")
        content = vault.open(sealed, file_context(version))
        assert content not in sealed
        assert hashlib.sha256(content).hexdigest() == sha256
    storage.close()
    done = await jemmo("doctor", "--json", env=env)
    [finding] = [one for one in done.last["findings"] if one["what"] == "File storage"]
    assert finding["ok"], finding


Rights = Callable[..., Storage]


@pytest.fixture
def rights(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    """A function that returns an S3 storage whose key has these permissions."""
    with s3_server(monkeypatch) as address:
        endpoint, _, name = address.rpartition("/")
        iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1")

        def make(*actions: str, secret: str = "", access: str = "") -> Storage:
            user = f"jemmo-{secrets.token_hex(4)}"
            iam.create_user(UserName=user)
            allowed = [f"s3:{action}" for action in actions]
            policy = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
            iam.put_user_policy(UserName=user, PolicyName="files", PolicyDocument=document)
            key = iam.create_access_key(UserName=user)["AccessKey"]
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", access or key["AccessKeyId"])
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret or key["SecretAccessKey"])
            monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
            urllib3.request("POST", f"{endpoint}/moto-api/reset-auth", body=b"0")
            return choose(f"s3://{name}", {"AWS_ENDPOINT_URL_S3": endpoint})

        yield make
        urllib3.request("POST", f"{endpoint}/moto-api/reset-auth", body=b"inf")
        iam.close()


ALL = ("PutObject", "GetObject", "DeleteObject", "ListBucket")


def test_the_documented_permissions_are_sufficient(rights: Rights) -> None:
    storage = rights(*ALL)
    check(storage)
    storage.put(f"{FOLDER}/a", b"x")
    assert storage.get(f"{FOLDER}/a") == b"x"
    storage.close()


@pytest.mark.parametrize("missing", ALL)
def test_a_missing_permission_is_named(rights: Rights, missing: str) -> None:
    storage = rights(*(set(ALL) - {missing}))
    with pytest.raises(ConfigError) as told:
        check(storage)
    assert f"s3:{missing}" in told.value.message
    storage.close()


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"secret": "wrong"}, "AWS_SECRET_ACCESS_KEY"),
        ({"access": "AKIAWRONG"}, "AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_wrong_key_id_differs_from_a_wrong_secret(
    rights: Rights, wrong: dict[str, str], variable: str
) -> None:
    storage = rights(*ALL, **wrong)
    with pytest.raises(ConfigError) as told:
        check(storage)
    assert variable in told.value.next_step
    storage.close()
