"""Field names that come from Jemmo are translated; those of the ATS and of companies aren't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

import jemmo.connectors
from jemmo.connectors.jarvi import mapping
from jemmo.web.frame.field_names import OWN_FIELDS, UNNAMED

CONNECTORS = Path(jemmo.connectors.__file__).parent
GIVEN = re.compile(r'"label": "([^"]+)"')
GIVEN_IN_A_CALL = re.compile(r'custom\("\w+", "([^"]+)", ')
GIVEN_IN_A_LINE = re.compile(
    r'^ +\("\w+", "(?:text|html|date|number|multi_select)", "([^"]+)", ', re.MULTILINE
)
SAME_IN_FRENCH = {"client", "division", "score"}


def french(key: str, label: str) -> str:
    fields = {key: {"type": "text", "label": label, "value": "x"}}
    with translation.override("fr"):
        return render_to_string("records/custom_fields.html", {"fields": fields})


def test_every_name_from_a_connector_is_known() -> None:
    given = {
        label
        for path in CONNECTORS.rglob("*.py")
        for pattern in (GIVEN, GIVEN_IN_A_CALL, GIVEN_IN_A_LINE)
        for label in pattern.findall(path.read_text())
    }
    given |= {label for _, label in mapping.COUNTERS.values()}
    assert "Hiring team" in given
    assert given <= {*OWN_FIELDS.values(), UNNAMED}


@pytest.mark.parametrize("key", sorted(OWN_FIELDS.keys() - SAME_IN_FRENCH))
def test_a_french_page_has_a_french_name(key: str) -> None:
    assert f">{OWN_FIELDS[key]}<" not in french(key, OWN_FIELDS[key])


def test_a_company_s_own_name_stays() -> None:
    assert ">Status<" in french("a1b2", "Status")
    assert ">Preferred name (legal)<" in french("preferred_name", "Preferred name (legal)")
