"""Teamtailor's declaration for the connector suite."""

from dataclasses import replace

from contracts.harness import Announced, Files, Shown, Vendor, edits
from replay import teamtailor

from jemmo.domain.streams import Stream
from jemmo.sandbox.teamtailor.file_links import LIFETIME_S

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
        Stream.NOTES: "notes",
    },
    edit={"first-name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={"first-name": "Nadia", "last-name": "Nouvelle", "email": "nadia@example.com"},
    odd=(
        Shown(attributes={"human-status": "sleeping"}, columns={"status_original": "sleeping"}),
        Shown(
            attributes={"remote-status": "sometimes"},
            columns={"remote_policy": None, "remote_policy_original": "sometimes"},
        ),
        Shown(
            attributes={"employment-type": "odd"},
            columns={"employment_type": "OTHER", "employment_type_original": "odd"},
        ),
        Shown(
            stream=Stream.USERS,
            attributes={"role": "wizard"},
            columns={"role": None, "role_original": "wizard"},
        ),
    ),
    quirks={
        "a title with blanks around it": Shown(
            attributes={"title": " Midwife  "}, columns={"title": "Midwife"}
        ),
        "a salary of zero as text": Shown(
            attributes={"min-salary": "0", "max-salary": "0", "salary-time-unit": "yearly"}, pay=()
        ),
        "remote as a truth value": Shown(
            attributes={"remote-status": True},
            columns={"remote_policy": None},
            noted="dropped_value",
        ),
        "remote as a word": Shown(
            attributes={"remote-status": "fully"}, columns={"remote_policy": "REMOTE"}
        ),
        "a salary in thousands": Shown(
            attributes={"min-salary": "60", "max-salary": 65.0, "salary-time-unit": "yearly"},
            pay=(60_000, 65_000),
            noted="salary_in_thousands",
        ),
        "a date with two digits for the year": Shown(
            attributes={"end-date": "12/03/25"}, columns={"closed_at": None}, noted="dropped_value"
        ),
        "markup in a name": Shown(
            stream=Stream.TALENTS,
            attributes={"last-name": "<b>O&#39;Dile</b>"},
            columns={"last_name": "O'Dile"},
        ),
        "no e-mail address": Shown(stream=Stream.TALENTS, attributes={"email": None}),
    },
    small_key="internal",
    regions=True,
    switches={"rate_limit_seconds": 1},
    files=Files(live=LIFETIME_S),
    announced=Announced(orders=edits("pitch", "Fée"), shows=("headline", "Fée")),
    custom=(Stream.TALENTS, "languages"),
    handful=13,  # 2 of them for locations and roles, which have no change date
)

TEAMTAILOR_REPLAY = replace(
    TEAMTAILOR,
    replay=teamtailor.serve,
    faults={"storm": "storm", "expires": "expires"},
    handful=18,  # 6 of them are refused: every sync requests what the reference doesn't mention
)
