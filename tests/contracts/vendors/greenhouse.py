"""Greenhouse's declaration for the connector suite."""

from dataclasses import replace

from contracts.harness import Announced, Files, Shown, Vendor, edits
from replay.greenhouse import CLIENT_ID as REPLAYED
from replay.greenhouse_account import serve

from jemmo.domain.streams import Stream
from jemmo.sandbox.greenhouse.app import CLIENT_ID, FILE_LINK_MS

CUSTOM = (
    "Greenhouse has no such field; a customer may define one, of any name, and it is kept as that"
)

GREENHOUSE = Vendor(
    name="greenhouse",
    kinds={
        Stream.DEPARTMENTS: "departments",
        Stream.USERS: "users",
        Stream.REJECT_REASONS: "rejection_reasons",
        Stream.JOBS: "jobs",
        Stream.POSTINGS: "job_posts",
        Stream.STAGES: "job_interview_stages",
        Stream.TALENTS: "candidates",
        Stream.APPLICATIONS: "applications",
    },
    edit={"first_name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={
        "first_name": "Nadia",
        "last_name": "Nouvelle",
        "email_addresses": [{"value": "nadia@example.com", "type": "personal"}],
    },
    odd=(
        Shown(attributes={"status": "sleeping"}, columns={"status_original": "sleeping"}),
        Shown(
            attributes={"custom_fields": {"employment_type": {"value": "Odd jobs"}}},
            columns={"employment_type_original": "Odd jobs", "employment_type": "OTHER"},
        ),
        Shown(
            stream=Stream.APPLICATIONS,
            attributes={"status": "dreaming"},
            columns={"status_original": "dreaming", "status": "OTHER"},
        ),
        Shown(
            stream=Stream.REJECT_REASONS,
            attributes={"type": {"id": 9, "key": "NOBODY_KNOWS"}},
            columns={"rejected_by": None},
        ),
    ),
    quirks={
        "a title with blanks around it": Shown(
            attributes={"name": " Midwife  "}, columns={"title": "Midwife"}
        ),
        "a date with two digits for the year": Shown(
            attributes={"opened_at": "12/03/25"}, columns={"opened_at": None}, noted="dropped_value"
        ),
        "markup in a name": Shown(
            stream=Stream.TALENTS,
            attributes={"last_name": "<b>O&#39;Dile</b>"},
            columns={"last_name": "O'Dile"},
        ),
        "no e-mail address": Shown(
            stream=Stream.TALENTS, attributes={"email_addresses": [{"value": None}]}
        ),
    },
    lacks={
        "a salary of zero as text": CUSTOM,
        "a salary in thousands": CUSTOM,
        "remote as a truth value": CUSTOM,
        "remote as a word": CUSTOM,
    },
    small_key="jobs",
    options={"client_id": CLIENT_ID, "page_size": "20"},
    files=Files(live=FILE_LINK_MS / 1000),
    announced=Announced(orders=edits("title", "Fée"), shows=("current_title", "Fée")),
    custom=(Stream.TALENTS, "level"),
    per_page=20,
    large_page=40,
    overhead=60,
    handful=5,
)

GREENHOUSE_REPLAY = replace(
    GREENHOUSE,
    replay=serve,
    options={**GREENHOUSE.options, "client_id": REPLAYED},
    faults={"storm": "storm", "expires": "expires"},
    overhead=80,  # an application's stage visits, up to four, are separate records
)
