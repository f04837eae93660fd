"""Template in the suite of every connector."""

from contracts.harness import Vendor

from jemmo.domain.streams import Stream

TEMPLATE = Vendor(
    name="template",
    kinds={
        Stream.JOBS: "jobs",
        Stream.TALENTS: "people",
        Stream.APPLICATIONS: "applications",
    },
    edit={"first_name": "Odile"},
    shows=("first_name", "Odile"),
    new_talent={"first_name": "Nadia", "last_name": "Nouvelle"},
    odd_value={"state": "sleeping"},
    odd_shows=("status_original", "sleeping"),
    small_key="jobs",
    options={"page_size": "20"},  # so that 60 talents have several pages
    per_page=20,
    overhead=10,
    handful=3,
)
