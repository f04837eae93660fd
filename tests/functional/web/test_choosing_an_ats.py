"""The page for choosing an ATS lists what each one supports and lacks, as declared by its connector."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from msgspec.structs import asdict

from jemmo.connectors.base import Connector
from jemmo.connectors.registry import OFFERED

SAYS = {
    "applications": "applications",
    "resumes": "resumes",
    "custom_fields": "custom fields",
    "incremental": "changes only",
    "deletes": "deletions",
    "webhooks": "webhooks",
}


@pytest.mark.parametrize("one", OFFERED, ids=lambda one: one.name)
def test_the_page_lists_what_each_ats_supports_and_lacks(
    one: Connector, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("admin").get("/settings/organization/ats/connect/").content.decode()
    found = re.search(rf'connect/{one.name}/".*?</a>', page, re.DOTALL)
    assert found
    given, _, without = re.sub("<[^>]*>", " ", found[0]).partition("Not supported:")

    declared = asdict(one.capabilities)
    for name, word in SAYS.items():
        assert (word in given, word in without) == (declared[name], not declared[name]), name


def test_the_list_is_translated(signed_in: Callable[[str], Client]) -> None:
    page = signed_in("admin").get(
        "/settings/organization/ats/connect/", headers={"Accept-Language": "fr"}
    )

    assert (
        "Non pris en charge\N{NO-BREAK SPACE}: candidatures, CV" in page.content.decode()
    )  # Jarvi
