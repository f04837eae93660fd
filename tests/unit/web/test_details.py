"""The labels of fields on a record's page."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from jemmo.store.models import Job
from jemmo.web.templatetags.details import details


@pytest.mark.parametrize(("language", "label"), [("en", "Reference"), ("fr", "Référence")])
def test_a_field_is_labeled_in_the_language_of_the_page(language: str, label: str) -> None:
    with override(language):
        assert [(detail.label, detail.value) for detail in details(Job(code="D-7", skills=[]))] == [
            (label, "D-7")
        ]
