"""Flatchr in the suite of every connector."""

from contracts.harness import Vendor

from jemmo.domain.streams import Stream
from jemmo.sandbox.flatchr.vacancies import COMPANY

FLATCHR = Vendor(
    name="flatchr",
    kinds={
        Stream.JOBS: "vacancies",
        Stream.STAGES: "columns",
        Stream.TALENTS: "applicants",
        Stream.APPLICATIONS: "applicants",
    },
    edit={"lastname": "Odile"},
    shows=("last_name", "Odile"),
    new_talent={"firstname": "Nadia", "lastname": "Nouvelle"},
    odd_value={"status": 9},
    odd_shows=("status_original", "9"),
    options={"company_id": str(COMPANY["id"]), "backoff": "0-0"},
    per_page=300,
    overhead=45,
    handful=4,
)
