"""Teamtailor in the suite of every connector."""

from contracts.harness import Vendor

from jemmo.domain.streams import Stream

TEAMTAILOR = Vendor(
    name="teamtailor",
    kinds={
        Stream.DEPARTMENTS: "departments",
        Stream.USERS: "users",
        Stream.REJECT_REASONS: "reject-reasons",
        Stream.JOBS: "jobs",
        Stream.STAGES: "stages",
        Stream.TALENTS: "candidates",
        Stream.APPLICATIONS: "job-applications",
    },
    edit={"first-name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={"first-name": "Nadia", "last-name": "Nouvelle"},
    odd_value={"human-status": "sleeping"},
    odd_shows=("status_original", "sleeping"),
    small_key="internal",
    switches={"rate_limit_seconds": 1},
)
