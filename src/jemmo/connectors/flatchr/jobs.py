"""Flatchr's vacancies as jobs. GET /company/{id}/vacancies, with address and tags asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jemmo.connectors.countries import country_code
from jemmo.connectors.flatchr.dates import day_of, moment
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import Address, Row, Vacancy, whole
from jemmo.connectors.pay import read_pay
from jemmo.domain.enums import (
    CompensationPeriod,
    EmploymentType,
    JobStatus,
    JobVisibility,
    RemotePolicy,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Compensation, CustomFields, Job, Location
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, number, text, web_address, words

CONTRACTS = {
    "cdi": EmploymentType.FULL_TIME,
    "cdd": EmploymentType.TEMPORARY,
    "interim": EmploymentType.TEMPORARY,
    "intérim": EmploymentType.TEMPORARY,
    "stage": EmploymentType.INTERN,
    "alternance": EmploymentType.APPRENTICE,
    "apprentissage": EmploymentType.APPRENTICE,
    "contrat de professionnalisation": EmploymentType.APPRENTICE,
    "freelance": EmploymentType.FREELANCE,
    "indépendant": EmploymentType.FREELANCE,
    "saisonnier": EmploymentType.SEASONAL,
    "bénévolat": EmploymentType.VOLUNTEER,
    "vie": EmploymentType.OTHER,
}
EXPERIENCE = {1: "< 1 an", 2: "1-3 ans", 4: "3-5 ans", 6: "> 5 ans", 11: "> 10 ans"}
REMOTE = {
    "notime": RemotePolicy.ON_SITE,
    "parttime": RemotePolicy.HYBRID,
    "fulltime": RemotePolicy.REMOTE,
    "false": RemotePolicy.ON_SITE,
    "true": RemotePolicy.HYBRID,
}
PERIOD = {
    "y": CompensationPeriod.YEAR,
    "m": CompensationPeriod.MONTH,
    "d": CompensationPeriod.DAY,
    "h": CompensationPeriod.HOUR,
}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def job(vacancy: Vacancy, labels: Mapping[int, str], settings: Settings, notes: Notes) -> Job:
    """``labels`` are the contracts' by their number, which is all the list may carry."""
    remote_id = str(vacancy.vacancy_id)
    status = text(vacancy.status)
    contract = text(vacancy.contract_type) or labels.get(vacancy.contract_type_id or 0)
    remote = text(str(vacancy.remote).lower()) if vacancy.remote is not None else None
    name = name_text(vacancy.title)
    if name is None:
        raise RecordRejected("The vacancy has no title.", code="no_title", field="title")
    zone = settings.zone
    return Job(
        remote_id=remote_id,
        remote_aliases=_aliases(vacancy),
        title=name,
        code=text(vacancy.reference),
        status=_status(status, settings, remote_id, notes),
        status_original=status,
        visibility=_visibility(vacancy.published),
        description_html=text(vacancy.mission) or text(vacancy.description),
        requirements=text(vacancy.profile),
        employment_type=_employment(contract, vacancy, remote_id, notes),
        employment_type_original=contract,
        experience_level=_experience(vacancy.experience),
        remote_policy=_remote(remote, remote_id, notes),
        remote_policy_original=remote,
        language=(text(vacancy.language) or "").replace("_", "-") or None,
        posting_url=_posting(vacancy, settings),
        apply_url=web_address(vacancy.apply_url),
        opened_at=moment(vacancy.created_at, zone),
        tags=words([tag.title for tag in vacancy.tags or ()]),
        locations=_locations(vacancy.address),
        compensations=_compensations(vacancy, remote_id, notes),
        custom_fields=_custom(vacancy, settings),
        remote_created_at=moment(vacancy.created_at, zone),
        remote_updated_at=moment(vacancy.updated_at, zone),
    )


def placeholder(row: Row, notes: Notes) -> Job:
    """A vacancy known only by its applicants, since Flatchr does not list it: closed, and older than anything known."""
    remote_id = str(whole(row.get("vacancy_id")))
    notes.add("unlisted_job", remote_id)
    return Job(
        remote_id=remote_id,
        title=name_text(row.get("vacancy")) or f"Vacancy {remote_id}",
        status=JobStatus.CLOSED,
        remote_updated_at=NEVER,
    )


def _aliases(vacancy: Vacancy) -> tuple[str, ...]:
    code = text(vacancy.id)
    return (code,) if code else ()


def _status(status: str | None, settings: Settings, remote_id: str, notes: Notes) -> JobStatus:
    found = settings.job_statuses.get(status or "")
    if found is None:
        notes.add(f"unknown_value:status {(status or 'none')[:40]}", remote_id)
    return found or JobStatus.CLOSED


def _visibility(published: bool | None) -> JobVisibility | None:
    if published is None:
        return None
    return JobVisibility.PUBLIC if published else JobVisibility.UNLISTED


def _employment(
    contract: str | None, vacancy: Vacancy, remote_id: str, notes: Notes
) -> EmploymentType | None:
    if contract is None:
        return EmploymentType.PART_TIME if vacancy.partial else None
    found = CONTRACTS.get(contract.lower())
    if found is None:
        notes.add(f"unknown_value:contract {contract[:40]}", remote_id)
        return EmploymentType.OTHER
    if found is EmploymentType.FULL_TIME and vacancy.partial:
        return EmploymentType.PART_TIME
    return found


def _remote(remote: str | None, remote_id: str, notes: Notes) -> RemotePolicy | None:
    """A word, or a truth value of the years before there were words."""
    found = REMOTE.get(remote) if remote else None
    if remote and found is None:
        notes.add(f"unknown_value:remote {remote[:40]}", remote_id)
    return found


def _experience(code: int | None) -> str | None:
    return None if code is None else EXPERIENCE.get(code, str(code))


def _posting(vacancy: Vacancy, settings: Settings) -> str | None:
    """The public page, of vacancies that are published; the list itself may not say whether they are."""
    company = settings.company_slug or (text(vacancy.company.slug) if vacancy.company else None)
    slug = text(vacancy.slug)
    if not company or not slug or vacancy.published is False:
        return None
    return web_address(f"{settings.careers_base}/company/{company}/vacancy/{slug}/")


def _locations(address: Address | None) -> tuple[Location, ...]:
    if address is None:
        return ()
    country = text(address.country)
    street = " ".join(filter(None, (text(address.street_number), text(address.route))))
    place = Location(
        raw=text(address.formatted_address)
        or text(address.formated_address)
        or text(address.locality),
        street=street or None,
        postal_code=text(address.postal_code),
        city=text(address.locality),
        region=text(address.region),
        country_code=country_code(country),
        lat=number(address.location_lat),
        lon=number(address.location_lng),
        is_primary=True,
    )
    return (place,) if place.raw or place.postal_code or country else ()


def _compensations(vacancy: Vacancy, remote_id: str, notes: Notes) -> tuple[Compensation, ...]:
    """``"0"`` says nothing. What is in doubt is kept as it was written, without a number."""
    unit = (text(vacancy.mensuality) or "").lower()
    pay = read_pay(
        vacancy.salary, vacancy.salary_max, is_yearly=unit == "y", has_unit=unit in PERIOD
    )
    if pay.is_blank:
        return ()
    if unit and unit not in PERIOD:
        notes.add(f"unknown_value:mensuality {unit[:40]}", remote_id)
    if pay.note:
        notes.add(pay.note, remote_id)
    currency = text(vacancy.currency)
    told = (vacancy.salary, vacancy.salary_max, currency, unit)
    return (
        Compensation(
            min=pay.low,
            max=pay.high,
            currency=currency.upper() if currency else None,
            period=PERIOD.get(unit),
            is_public=vacancy.show_salary,
            original=" / ".join(str(one) for one in told if one not in {None, ""}),
        ),
    )


def _custom(vacancy: Vacancy, settings: Settings) -> CustomFields:
    """The days of the contract, and what the company says of itself where the duties stand apart from that."""
    found: dict[str, dict[str, Any]] = {}
    for name, label, value in (
        ("contract_start", "Contract start", vacancy.start_date),
        ("contract_end", "Contract end", vacancy.end_date),
    ):
        if day := day_of(value, settings.zone):
            found[name] = {"type": "date", "label": label, "value": day.isoformat()}
    about = text(vacancy.description)
    if about and text(vacancy.mission):
        found["company_description"] = {"type": "html", "label": "Company", "value": about}
    return found
