"""Flatchr's declaration for the connector suite."""

from dataclasses import replace
from functools import partial

from contracts.harness import Announced, Files, Shown, Vendor
from replay import flatchr
from replay.flatchr_account import COMPANY as REPLAYED

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
    new_talent={"firstname": "Nadia", "lastname": "Nouvelle", "email": "nadia@example.com"},
    odd=(
        Shown(attributes={"status": 9}, columns={"status_original": "9", "status": "CLOSED"}),
        Shown(attributes={"remote": "sometimes"}, columns={"remote_policy_original": "sometimes"}),
        # An applicant's status can't be odd: applicants are listed by status, so an unknown one is in no list.
    ),
    quirks={
        "a title with blanks around it": Shown(
            attributes={"title": " Sage-femme  "}, columns={"title": "Sage-femme"}
        ),
        "a salary of zero as text": Shown(
            attributes={"salary": "0", "salary_max": "0", "mensuality": "y"}, pay=()
        ),
        "remote as a truth value": Shown(
            attributes={"remote": True}, columns={"remote_policy": "HYBRID"}
        ),
        "remote as a word": Shown(
            attributes={"remote": "fulltime"}, columns={"remote_policy": "REMOTE"}
        ),
        "a salary in thousands": Shown(
            attributes={"salary": "60", "salary_max": 65, "mensuality": "y"},
            pay=(60_000, 65_000),
            noted="salary_in_thousands",
        ),
        "a date with two digits for the year": Shown(
            stream=Stream.APPLICATIONS,
            attributes={"created_at": "2025-03-12T10:00:00+01:00"},  # sent as 12/03/25
            columns={"applied_at": "2025-03-11T23:00:00+00:00"},
        ),
        "markup in a name": Shown(
            stream=Stream.TALENTS,
            attributes={"lastname": "<b>O&#39;Dile</b>"},
            columns={"last_name": "O'Dile"},
        ),
        "no e-mail address": Shown(stream=Stream.TALENTS, attributes={"email": None}),
    },
    options={"company_id": str(COMPANY["id"]), "backoff": "0-0"},
    meaningful_nulls=("aws", "cv"),  # null means no resume; a missing field leaves it open
    files=Files(switches={"cv_response": "json"}),
    announced=Announced(
        orders=(
            ("create", {"attributes": {"lastname": "Nouvelle"}}),
            ("move", {"stage": "642"}),
            ("move", {"stage": "643"}),
        ),
        shows=("last_name", "Nouvelle"),
        requests=14,  # also one by column, since the size at which a search truncates is unknown
    ),
    per_page=300,
    large_page=300,
    overhead=45,
    handful=4,
)

FLATCHR_REPLAY = replace(
    FLATCHR,
    replay=flatchr.serve,
    options={**FLATCHR.options, "company_id": REPLAYED},
    faults={"storm": "storm", "expires": "expires"},
)

FLATCHR_REPLAY_2022 = replace(
    FLATCHR_REPLAY,
    edition="2022",
    replay=partial(flatchr.serve, ways=flatchr.OLDER),
    odd=FLATCHR.odd[
        1:
    ],  # its list has only open vacancies, so one with an unknown status is not listed
    overhead=60,  # each window twice, since rows don't show who is archived
    handful=6,
)
