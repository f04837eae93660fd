"""Template's declaration for the connector suite."""

from contracts.harness import Shown, Vendor

from jemmo.domain.streams import Stream

NONE = "Template's jobs have no such field"

TEMPLATE = Vendor(
    name="template",
    kinds={
        Stream.JOBS: "jobs",
        Stream.TALENTS: "people",
        Stream.APPLICATIONS: "applications",
    },
    edit={"first_name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={"first_name": "Nadia", "last_name": "Nouvelle", "email": "nadia@example.com"},
    odd=(
        Shown(attributes={"state": "sleeping"}, columns={"status_original": "sleeping"}),
        Shown(
            stream=Stream.APPLICATIONS,
            attributes={"state": "dreaming"},
            columns={"status_original": "dreaming", "status": "OTHER"},
        ),
    ),
    quirks={
        "a title with blanks around it": Shown(
            attributes={"title": " Midwife  "}, columns={"title": "Midwife"}
        ),
        "a date with two digits for the year": Shown(
            stream=Stream.APPLICATIONS,
            attributes={"created_at": "12/03/25"},
            columns={"applied_at": None},
            noted="dropped_value",
        ),
        "markup in a name": Shown(
            stream=Stream.TALENTS,
            attributes={"last_name": "<b>O&#39;Dile</b>"},
            columns={"last_name": "O'Dile"},
        ),
        "no e-mail address": Shown(stream=Stream.TALENTS, attributes={"email": None}),
    },
    lacks={
        "a salary of zero as text": NONE,
        "a salary in thousands": NONE,
        "remote as a truth value": NONE,
        "remote as a word": NONE,
    },
    small_key="jobs",
    options={"page_size": "20"},  # so that 60 talents take several pages
    per_page=20,
    large_page=100,
    overhead=10,
    handful=3,
)
