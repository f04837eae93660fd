"""Schemathesis against a real server: the response to any request matches the OpenAPI document."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes.effort import EFFORT
from fakes.kept import keep
from fakes.showcase import Showcase

from jemmo.domain.tokens import ApiScope
from jemmo.home import home
from jemmo.services.accounts import tokens
from jemmo.store.models import Connection

EXAMPLES = {"everything": 2}  # per operation, 1 by default; `make soak` tries many more
PHASES = "fuzzing" if EFFORT == 1 else "examples,coverage,fuzzing,stateful"
HOOKS = Path(__file__).parents[2] / "fakes" / "fuzzing.py"
TOKENS = {
    "everything": tuple(ApiScope),
    **{str(scope): (scope,) for scope in ApiScope},
    "records and files": (ApiScope.RECORDS, ApiScope.FILES),
    "records and admin": (ApiScope.RECORDS, ApiScope.ADMIN),
}
CONFIG = """
hooks = "{hooks}"

[[operations]]
include-tag = "feed"
parameters = {{ "path.entity" = "talents" }}
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "3xx", "401", "403", "404", "409", "410", "429", "5xx"
]
"""
"""410 is the response to a number from which the feed can't continue."""
HOOKS_CONFIG = """
[[operations]]
include-tag = "webhook endpoints"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"
]
"""
"""A pattern can't express whether an address is allowed."""
IDS = """
[parameters]
"path.connection_id" = "{connection}"
"path.run_id" = "{run}"
"path.file_id" = {file}

[[operations]]
include-path-regex = "/jobs/"
parameters = {{ "path.record_id" = "{job}" }}

[[operations]]
include-path-regex = "/talents/.*(refresh|id}})$"
parameters = {{ "path.record_id" = "{talent}" }}
"""
"""Existing ids, so that more than 404s are tested."""


@pytest.mark.sample("everything")
@pytest.mark.soak
@pytest.mark.parametrize("rights", TOKENS)
def test_every_response_is_as_documented(
    showcase: Showcase,
    address: str,
    database_url: str,
    tmp_path: Path,
    settings: Any,
    rights: str,
) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 10**9
    talent = showcase.talent("elodie")
    file = keep(database_url, talent, b"A plain resume.", home() / "files")
    secret = tokens.create(
        showcase.org, TOKENS[rights], name="fuzzing", now=datetime.now(UTC)
    ).secret
    config = tmp_path / "schemathesis.toml"
    ids = {
        "connection": Connection.objects.get(org=showcase.org).id,
        "run": showcase.run().id,
        "file": file.id,
        "job": showcase.job("dev").id,
        "talent": talent.id,
    }
    more = IDS.format(**ids) if rights == "everything" else ""
    config.write_text(CONFIG.format(hooks=HOOKS) + HOOKS_CONFIG + more)

    most = str(EXAMPLES.get(rights, 1) * EFFORT)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            f"{address}/api/v1/openapi.json",
            *("--checks", "all", "--phases", PHASES, "--max-examples", most),
            *("--wait-for-schema", "60", "--request-timeout", "60"),
            "--generation-deterministic",
            *("--suppress-health-check", "all", "--continue-on-failure", "--no-color"),
            *("--header", f"Authorization: Bearer {secret}"),
        ],
        cwd=tmp_path,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
