"""Jarvi's declaration for the connector suite."""

from dataclasses import replace
from functools import partial
from typing import Any

from contracts.harness import Announced, Files, Shown, Vendor, edits
from replay import jarvi

from jemmo.domain.streams import Stream


def kept(stream: Stream, record: dict[str, Any]) -> bool:
    """Keep talents and jobs, without contacts, sales projects and soft-deleted records."""
    if stream is Stream.POSTINGS:
        return True
    shown = record["attributes"]
    wanted = "isTalent" if stream is Stream.TALENTS else "isMadeForRecruitment"
    return bool(shown[wanted]) and shown["deletedAt"] is None


def field(number: int, kind: str, purpose: str, value: Any) -> dict[str, Any]:
    """Return a custom field; its value is text, whatever its kind."""
    return {
        "id": f"f{number}",
        "field": {"id": f"c{number}", "type": kind, "name": purpose, "purpose": purpose},
        "fieldValue": None,
        "location": None,
        "value": value,
    }


def contract(word: str) -> dict[str, Any]:
    chosen = {"id": "v1", "name": word.title(), "technicalValue": word}
    return field(1, "multiplechoice", "joboffer_contract_type", None) | {"fieldValue": chosen}


def fields(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"fieldsValues": list(listed)}


def pay(low: Any, high: Any) -> dict[str, Any]:
    return fields(
        field(2, "number", "joboffer_salary_per_year_min", low),
        field(3, "number", "joboffer_salary_per_year_max", high),
    )


JARVI = Vendor(
    name="jarvi",
    kinds={Stream.JOBS: "projects", Stream.POSTINGS: "offers", Stream.TALENTS: "profiles"},
    present=kept,
    edit={"headline": "Dresseuse de données"},
    shows=("headline", "Dresseuse de données"),
    new_talent={
        "firstName": "Nadia",
        "lastName": "Nouvelle",
        "emailAddresses": [{"email": "nadia@example.com"}],
    },
    odd=(
        Shown(
            attributes=fields(contract("sleeping")),
            columns={"employment_type_original": "Sleeping", "employment_type": "OTHER"},
        ),
        Shown(
            stream=Stream.TALENTS,
            attributes={"source": "CARRIER_PIGEON"},
            columns={"source": "CARRIER_PIGEON", "origin": "OTHER"},
        ),
    ),
    quirks={
        "a title with blanks around it": Shown(
            attributes=fields(field(4, "text", "joboffer_title", "  Sage-femme ")),
            columns={"title": "Sage-femme"},
        ),
        "a salary of zero as text": Shown(attributes=pay("0", "0"), pay=()),
        "remote as a truth value": Shown(
            attributes=fields(field(5, "number", "joboffer_remote_days_per_week", "true")),
            columns={"remote_policy": None, "remote_policy_original": "true"},
        ),
        "remote as a word": Shown(
            attributes=fields(field(5, "number", "joboffer_remote_days_per_week", "parfois")),
            columns={"remote_policy": None, "remote_policy_original": "parfois"},
        ),
        "a salary in thousands": Shown(attributes=pay("60", "65"), pay=(60_000, 65_000)),
        "markup in a name": Shown(
            stream=Stream.TALENTS,
            attributes={"lastName": "<b>O&#39;Dile</b>"},
            columns={"last_name": "O'Dile"},
        ),
        "no e-mail address": Shown(
            stream=Stream.TALENTS,
            attributes={"emailAddresses": [{"email": None}], "preferredEmailAddress": None},
        ),
    },
    lacks={
        "a date with two digits for the year": "its times are Postgres's own; dates of custom fields stay text"
    },
    small_key="public",
    files=Files(
        switches={"resumes": "files", "download": "key"},
        options={
            "resume_paths": "profiles.files",
            "file_url_template": "{base}/v1/files/{{fileId}}",
        },
    ),
    announced=Announced(
        orders=edits("headline", "Fée"),
        shows=("headline", "Fée"),
        requests=22,  # one for each talent, since the filter accepts only one id
    ),
    custom=(Stream.JOBS, "joboffer_min_years_of_experience"),
    per_page=100,
    large_page=100,
    overhead=10,
    handful=5,
    own_deletes=True,
    for_good={"hard": True},
)

JARVI_REPLAY = replace(
    JARVI,
    replay=partial(jarvi.serve, silent=jarvi.Silent(linked=True)),
    files=Files(
        options={
            "resume_paths": "profiles.resumes",
            "file_url_template": "{base}/v1/files/{{fileId}}",
        }
    ),
    faults={"storm": "storm", "expires": "expires"},
)
