"""An invalid storage address leads to an error with the next step."""

from __future__ import annotations

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.files.choose import choose

SUPABASE = {"SUPABASE_SERVICE_KEY": "key", "SUPABASE_URL": "https://ref.example.com"}


@pytest.mark.parametrize(
    "address",
    ["s3://[", "s3://[bucket]/x", "supabase://[", "ftp://bucket", "://x", "resumes"],
)
def test_an_invalid_storage_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="JEMMO_FILES") as refused:
        choose(address, SUPABASE)
    assert refused.value.code == "storage_address"


def test_no_key_of_an_unreadable_address_is_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        choose("s3://name:secret@[", {})
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("server", ["http://[", "ftp://x", "x y", "https://host:99999999", "host"])
@pytest.mark.parametrize(
    ("variable", "storage"),
    [
        ("SUPABASE_URL", "supabase://resumes"),
        ("AWS_ENDPOINT_URL", "s3://resumes"),
        ("AWS_ENDPOINT_URL_S3", "s3://resumes"),
    ],
)
def test_an_invalid_server_address_is_refused(variable: str, storage: str, server: str) -> None:
    with pytest.raises(ConfigError, match=variable) as refused:
        choose(storage, {**SUPABASE, variable: server})
    assert refused.value.code == "storage_address"
