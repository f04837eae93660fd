"""Maps a project and its offer to a job, and the offer to its posting.

Nearly all of a job is in custom fields, distinguished by their purpose.

Purposes and values are from the public REST documentation (api-docs.jarvi.tech, offers).
"""

from __future__ import annotations

from jemmo.connectors.countries import country_code
from jemmo.connectors.jarvi.fields import Fields
from jemmo.connectors.jarvi.mapping import as_row, custom, own_values, status_name
from jemmo.connectors.jarvi.projects import Joined
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.loose import Json, Row, first, flag, inner, moment, row_id
from jemmo.connectors.pay import UNCLEAR, read_pay
from jemmo.domain.enums import (
    CompensationPeriod,
    EmploymentType,
    JobStatus,
    JobVisibility,
    PostingStatus,
    RemotePolicy,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Compensation, CustomFields, Job, Location, Posting
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, words

EMPLOYMENT = {
    "permanent": EmploymentType.FULL_TIME,
    "fixed_term": EmploymentType.TEMPORARY,
    "temporary": EmploymentType.TEMPORARY,
    "interim": EmploymentType.TEMPORARY,
    "internship": EmploymentType.INTERN,
    "apprenticeship": EmploymentType.APPRENTICE,
    "freelance": EmploymentType.FREELANCE,
    "umbrella": EmploymentType.CONTRACTOR,
    "volunteer": EmploymentType.VOLUNTEER,
    "seasonal": EmploymentType.SEASONAL,
}
IN_THE_RECORD = (
    "joboffer_title",
    "joboffer_description",
    "joboffer_profile_description",
    "joboffer_location",
    "joboffer_contract_type",
    "joboffer_is_fulltime",
    "joboffer_remote_days_per_week",
    "joboffer_salary_per_year_min",
    "joboffer_salary_per_year_max",
    "joboffer_salary_is_public",
)
WORKING_WEEK = 5


def job(joined: Json, settings: Settings, remote_id: str, notes: Notes) -> Job:
    if not isinstance(joined, Joined):
        raise RecordRejected("malformed_record")
    project, offer = as_row(joined.project), joined.offer
    if flag(project.get("isMadeForRecruitment")) is None:
        raise RecordRejected("malformed_record", field="isMadeForRecruitment")
    values = (own_values(row, remote_id, notes) for row in (project, offer))
    fields = Fields(settings.purposes, *values)
    name = name_text(first(project, "name"))
    title = name_text(fields.text("joboffer_title")) or name_text(first(offer, "name")) or name
    if title is None:
        raise RecordRejected("no_name", field="name")
    is_closed = first(project, "statusId") in settings.closed
    days = fields.text("joboffer_remote_days_per_week")
    return Job(
        remote_id=remote_id,
        title=title,
        code=first(project, "referenceId", "externalId"),
        internal_name=name if name != title else None,
        status=JobStatus.CLOSED if is_closed else JobStatus.OPEN,
        status_original=status_name(project, settings),
        visibility=_visibility(joined),
        description_html=fields.text("joboffer_description"),
        requirements=fields.text("joboffer_profile_description"),
        employment_type=_employment(fields, remote_id, notes),
        employment_type_original=fields.text("joboffer_contract_type"),
        remote_policy=_remote(days),
        remote_policy_original=days,
        opened_at=moment(offer, "publishedAt") or moment(project, "createdAt"),
        recruiter_remote_id=first(project, "user.id"),
        locations=_locations(fields),
        compensations=_compensations(fields, settings.salary_unit, remote_id, notes),
        tags=words(fields.tags()),
        custom_fields=fields.custom(IN_THE_RECORD) | _client(project),
        remote_created_at=moment(project, "createdAt"),
        remote_updated_at=joined.updated_at(),
    )


def posting(joined: Json, settings: Settings, remote_id: str, notes: Notes) -> Posting:
    """Map a project's offer, which exists while it is published.

    No field contains its address on the career site.
    """
    if not isinstance(joined, Joined) or joined.offer is None:
        raise RecordRejected("malformed_record")
    offer = joined.offer
    fields = Fields(
        settings.purposes, as_row(joined.project).get("fieldsValues"), inner(offer, "fieldsValues")
    )
    return Posting(
        remote_id=remote_id,
        job_remote_id=row_id(joined.project),
        title=name_text(fields.text("joboffer_title")) or name_text(first(offer, "name")),
        status=PostingStatus.ACTIVE,
        content_html=fields.text("joboffer_description"),
        published_at=moment(offer, "publishedAt"),
        locations=_locations(fields),
        remote_created_at=moment(offer, "createdAt"),
        remote_updated_at=moment(offer, "updatedAt"),
    )


def _visibility(joined: Joined) -> JobVisibility | None:
    if joined.offer is not None:
        return JobVisibility.PUBLIC
    return JobVisibility.INTERNAL if joined.tells else None


def _employment(fields: Fields, remote_id: str, notes: Notes) -> EmploymentType | None:
    contract = fields.technical("joboffer_contract_type")
    full_time = fields.flag("joboffer_is_fulltime")
    kind: EmploymentType | None = EmploymentType.FULL_TIME
    if contract is not None:
        kind = EMPLOYMENT.get(contract.lower())
        if kind is None:
            notes.add(f"unknown_value:contract {contract[:40]}", remote_id)
            return EmploymentType.OTHER
    elif full_time is None:
        return None
    is_part_time = kind is EmploymentType.FULL_TIME and full_time is False
    return EmploymentType.PART_TIME if is_part_time else kind


def _remote(days: str | None) -> RemotePolicy | None:
    """Map the number of remote days per week."""
    try:
        count = float(days) if days is not None else -1.0
    except ValueError:
        return None
    if not 0 <= count <= WORKING_WEEK + 2:
        return None
    if count == 0:
        return RemotePolicy.ON_SITE
    return RemotePolicy.REMOTE if count >= WORKING_WEEK else RemotePolicy.HYBRID


def _locations(fields: Fields) -> tuple[Location, ...]:
    """Return each place in the field; the first is the main location. Some places have only a search text."""
    places = fields.places("joboffer_location")
    raw = fields.text("joboffer_location")
    if not places and raw:
        return (Location(raw=raw, is_primary=True),)
    return tuple(
        Location(
            raw=first(place, "formattedAddress", "locality", "search"),
            postal_code=first(place, "postalCode"),
            city=first(place, "locality"),
            region=first(place, "administrativeAreaLevel1"),
            country_code=country_code(first(place, "countryShortName", "countryName")),
            is_primary=number == 0,
        )
        for number, place in enumerate(places)
    )


def _compensations(
    fields: Fields, unit: str, remote_id: str, notes: Notes
) -> tuple[Compensation, ...]:
    low, high = (fields.text(f"joboffer_salary_per_year_{end}") for end in ("min", "max"))
    pay = read_pay(low, high, is_yearly=unit == "auto", in_thousands=unit == "keur")
    if pay.is_blank:
        return ()
    if pay is UNCLEAR:
        notes.add("salary_unclear", remote_id)
    return (
        Compensation(
            min=pay.low,
            max=pay.high,
            currency="EUR",
            period=CompensationPeriod.YEAR,
            is_public=fields.flag("joboffer_salary_is_public") is True,
            original=" / ".join(filter(None, (low, high))),
        ),
    )


def _client(project: Row) -> CustomFields:
    """Return the client that the firm recruits for. The name may be part of a web address, so it comes last."""
    places = ("companyPublicData.name", "linkedinCompanyData.name", "name")
    name = first(project.get("company"), *places)
    return {"client": custom("text", "Client", name)} if name else {}
