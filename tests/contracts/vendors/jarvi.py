"""Jarvi in the suite of every connector."""

from typing import Any

from contracts.harness import Vendor

from jemmo.domain.streams import Stream


def kept(stream: Stream, record: dict[str, Any]) -> bool:
    """Talents and jobs; contacts, sales projects and what was deleted softly stay out."""
    shown = record["attributes"]
    wanted = "isTalent" if stream is Stream.TALENTS else "isMadeForRecruitment"
    return bool(shown[wanted]) and shown["deletedAt"] is None


def contract(word: str) -> dict[str, Any]:
    field = {
        "id": "c1",
        "type": "multiplechoice",
        "name": "Contrat",
        "purpose": "joboffer_contract_type",
    }
    return {
        "fieldsValues": [
            {
                "id": "f1",
                "field": field,
                "fieldValue": {"id": "v1", "name": word.title(), "technicalValue": word},
                "location": None,
                "value": None,
            }
        ]
    }


JARVI = Vendor(
    name="jarvi",
    kinds={Stream.JOBS: "projects", Stream.TALENTS: "profiles"},
    present=kept,
    edit={"headline": "Dresseuse de données"},
    shows=("headline", "Dresseuse de données"),
    new_talent={"firstName": "Nadia", "lastName": "Nouvelle"},
    odd_value=contract("sleeping"),
    odd_shows=("employment_type_original", "Sleeping"),
    small_key="public",
    per_page=100,
    overhead=10,
    handful=5,
    own_deletes=True,
)
