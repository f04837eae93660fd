"""Greenhouse in the suite of every connector."""

from contracts.harness import Vendor

from jemmo.domain.streams import Stream
from jemmo.sandbox.greenhouse.app import CLIENT_ID

GREENHOUSE = Vendor(
    name="greenhouse",
    kinds={
        Stream.DEPARTMENTS: "departments",
        Stream.USERS: "users",
        Stream.REJECT_REASONS: "rejection_reasons",
        Stream.JOBS: "jobs",
        Stream.STAGES: "job_interview_stages",
        Stream.TALENTS: "candidates",
        Stream.APPLICATIONS: "applications",
    },
    edit={"first_name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={"first_name": "Nadia", "last_name": "Nouvelle"},
    odd_value={"status": "sleeping"},
    odd_shows=("status_original", "sleeping"),
    small_key="jobs",
    options={"client_id": CLIENT_ID, "page_size": "20"},
    per_page=20,
    overhead=60,
    handful=5,
)
