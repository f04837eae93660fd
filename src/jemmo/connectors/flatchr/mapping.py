"""Maps Flatchr's vacancies, columns and applicants to canonical records. Pure.

An applicant row is a person's application for a vacancy. Flatchr has no ids for people, so each row becomes a talent of
its own with the applicant's id: a person who applies twice becomes two talents with the same e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from jemmo.connectors.countries import country_code
from jemmo.connectors.flatchr.resumes import resumes
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import (
    COLUMN_KEY,
    Address,
    Applicant,
    Column,
    Labels,
    Row,
    Vacancy,
    whole_id,
)
from jemmo.connectors.loose import flag
from jemmo.connectors.moments import day_of, moment
from jemmo.connectors.pay import read_pay
from jemmo.connectors.vocabulary import Patterns, Vocabulary, custom_fields
from jemmo.domain.enums import (
    ApplicationStatus,
    CompensationPeriod,
    ContactKind,
    EmploymentType,
    JobStatus,
    JobVisibility,
    RemotePolicy,
    StageCategory,
    TalentOrigin,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import (
    PLACEHOLDER,
    Application,
    Compensation,
    Contact,
    CustomFields,
    Job,
    Location,
    Stage,
    Talent,
)
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, number, text, typed_address, web_address, words

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
REMOTE: dict[str, RemotePolicy | None] = {
    "notime": RemotePolicy.ON_SITE,
    "parttime": RemotePolicy.HYBRID,
    "fulltime": RemotePolicy.REMOTE,
    "false": RemotePolicy.ON_SITE,  # from the years before text values
    "true": RemotePolicy.HYBRID,
}
PERIOD: dict[str, CompensationPeriod | None] = {
    "y": CompensationPeriod.YEAR,
    "m": CompensationPeriod.MONTH,
    "d": CompensationPeriod.DAY,
    "h": CompensationPeriod.HOUR,
}
VISIBILITY: dict[bool | None, JobVisibility] = {
    True: JobVisibility.PUBLIC,
    False: JobVisibility.UNLISTED,
}
STAGE_NAMES = Patterns(
    (StageCategory.REJECTED, r"refus|rejet|non retenu|reject|déclin"),
    (StageCategory.WITHDRAWN, r"désist|retiré|abandon|withdr"),
    (StageCategory.OFFER, r"offre|proposition|promesse|contrat|offer"),
    (StageCategory.ASSESSMENT, r"\btests?\b|évaluation|mise en situation|assess"),
    (StageCategory.INTERVIEW, r"entretien|rencontre|visio|interview|rdv|rendez"),
    (StageCategory.SCREENING, r"présélection|preselection|\btri\b|appel|contacter|téléph|qualif"),
)
APPLICATION_STATUSES = {"0": ApplicationStatus.OTHER, "1": ApplicationStatus.ACTIVE}
"""An archived application has ended; Flatchr doesn't report how, unless the person was hired."""


# --- vacancies ---

LABELED = {
    "contract_type": ("employment_type", "employment_type_original"),
    "metier": ("category",),
    **dict.fromkeys(("channel", "activity", "education_level"), ("custom_fields",)),
}
"""Attributes that may be numbers, and the fields of the job they become."""


def job(vacancy: Vacancy, labels: Labels, settings: Settings, notes: Notes) -> Job:
    """Map a vacancy. ``labels`` explain the numbers that the list may contain in place of text."""
    known = Vocabulary(str(vacancy.vacancy_id), notes)
    status = text(vacancy.status)
    contract = _labeled(vacancy, "contract_type", labels)
    remote = text(str(vacancy.remote).lower()) if vacancy.remote is not None else None
    name = name_text(vacancy.title)
    if name is None:
        raise RecordRejected("no_title", field="title")
    zone, experience = settings.zone, vacancy.experience
    _keep_unexplained(vacancy, labels, notes)
    return Job(
        remote_id=known.remote_id,
        remote_aliases=(code,) if (code := text(vacancy.id)) else (),
        title=name,
        code=text(vacancy.reference),
        status=known.meaning("status", settings.job_statuses, status or "none", JobStatus.CLOSED),
        status_original=status,
        visibility=VISIBILITY.get(vacancy.published),
        description_html=text(vacancy.mission) or text(vacancy.description),
        requirements=text(vacancy.profile),
        employment_type=_employment(contract, vacancy, known),
        employment_type_original=contract,
        experience_level=None
        if experience is None
        else EXPERIENCE.get(experience, str(experience)),
        remote_policy=known.meaning("remote", REMOTE, remote, None),
        remote_policy_original=remote,
        category=_labeled(vacancy, "metier", labels),
        language=(text(vacancy.language) or "").replace("_", "-") or None,
        skills=words((text(vacancy.skills) or "").split(";")),
        posting_url=_posting(vacancy, settings),
        apply_url=typed_address(vacancy.apply_url),
        opened_at=moment(vacancy.created_at, zone),
        tags=words([tag.title for tag in vacancy.tags or ()]),
        locations=_locations(vacancy.address) if vacancy.address else (),
        compensations=_compensations(vacancy, known),
        custom_fields=_job_fields(vacancy, labels, zone),
        remote_created_at=moment(vacancy.created_at, zone),
        remote_updated_at=moment(vacancy.updated_at, zone),
    )


def placeholder(row: Row, notes: Notes) -> Job:
    """Create a closed job for an unlisted vacancy that only applicants refer to."""
    remote_id = str(whole_id(row.get("vacancy_id")))
    notes.add("unlisted_job", remote_id)
    return Job(
        remote_id=remote_id,
        title=name_text(row.get("vacancy")) or f"Vacancy {remote_id}",
        status=JobStatus.CLOSED,
        remote_updated_at=PLACEHOLDER,
    )


def _labeled(vacancy: Vacancy, field: str, labels: Labels) -> str | None:
    """Return the text of an attribute, or the meaning of its number."""
    number = getattr(vacancy, f"{field}_id")
    return text(getattr(vacancy, field)) or labels.get(field, {}).get(number)


def _keep_unexplained(vacancy: Vacancy, labels: Labels, notes: Notes) -> None:
    """Keep what was read before the account refused the lists that explain these numbers."""
    remote_id = str(vacancy.vacancy_id)
    for field, names in LABELED.items():
        is_number = getattr(vacancy, f"{field}_id") and not text(getattr(vacancy, field))
        if is_number and field not in labels:
            notes.add(f"lookup_refused:{field}", remote_id)
            notes.keep(remote_id, *names)


def _employment(contract: str | None, vacancy: Vacancy, known: Vocabulary) -> EmploymentType | None:
    kind = EmploymentType.FULL_TIME if vacancy.partial else None
    if contract is not None:
        kind = known.meaning("contract", CONTRACTS, contract.lower(), EmploymentType.OTHER)
    is_part_time = vacancy.partial and kind is EmploymentType.FULL_TIME
    return EmploymentType.PART_TIME if is_part_time else kind


def _posting(vacancy: Vacancy, settings: Settings) -> str | None:
    """Return the public page of a vacancy; the list may not show whether it is published."""
    company = settings.company_slug or (text(vacancy.company.slug) if vacancy.company else None)
    slug = text(vacancy.slug)
    if not company or not slug or vacancy.published is False:
        return None
    return web_address(f"{settings.careers_base}/company/{company}/vacancy/{slug}/")


def _locations(address: Address) -> tuple[Location, ...]:
    country, city = text(address.country), text(address.locality)
    street = " ".join(filter(None, (text(address.street_number), text(address.route))))
    place = Location(
        raw=text(address.formatted_address) or text(address.formated_address) or city,
        street=street or None,
        postal_code=text(address.postal_code),
        city=city,
        region=text(address.region),
        country_code=country_code(country),
        lat=number(address.location_lat),
        lon=number(address.location_lng),
        is_primary=True,
    )
    return (place,) if place.raw or place.postal_code or country else ()


def _compensations(vacancy: Vacancy, known: Vocabulary) -> tuple[Compensation, ...]:
    """Map pay; ``"0"`` means none. Unclear pay is stored in its original wording, without a number."""
    low, high, unit = vacancy.salary, vacancy.salary_max, (text(vacancy.mensuality) or "").lower()
    pay = read_pay(low, high, is_yearly=unit == "y", has_unit=unit in PERIOD)
    if pay.is_blank:
        return ()
    if pay.note:
        known.notes.add(pay.note, known.remote_id)
    currency = text(vacancy.currency)
    written = (low, high, currency, unit)
    return (
        Compensation(
            min=pay.low,
            max=pay.high,
            currency=currency and currency.upper(),
            period=known.meaning("mensuality", PERIOD, unit, None),
            is_public=vacancy.show_salary,
            original=" / ".join(str(value) for value in written if value not in {None, ""}),
        ),
    )


def _job_fields(vacancy: Vacancy, labels: Labels, zone: ZoneInfo) -> CustomFields:
    """Return fields that ``Job`` lacks. The company's text is included only if the job has its own duties."""
    start, end = day_of(vacancy.start_date, zone), day_of(vacancy.end_date, zone)
    about = text(vacancy.description) if text(vacancy.mission) else None
    return custom_fields(
        ("contract_start", "date", "Contract start", start and start.isoformat()),
        ("contract_end", "date", "Contract end", end and end.isoformat()),
        ("company_description", "html", "Company", about),
        ("channel", "text", "Channel", _labeled(vacancy, "channel", labels)),
        ("activity", "text", "Activity", _labeled(vacancy, "activity", labels)),
        ("education_level", "text", "Education", _labeled(vacancy, "education_level", labels)),
    )


# --- columns ---


class Columns:
    """The company's columns: lookups by title, which ones hire, which one comes first."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.is_second = False
        self.first: str | None = None
        self._ids: dict[str, list[str]] = {}
        self._hiring: set[str | None] = set()
        for row in sorted(self.rows, key=_position):
            key, title = COLUMN_KEY(row), text(row.get("title"))
            if key is None or title is None:
                continue
            self.first = self.first or key
            if flag(row.get("hired")):
                self._hiring.add(key)
            self._ids.setdefault(title, []).append(key)

    @property
    def titles(self) -> list[str]:
        """The distinct titles, as spelled in Flatchr."""
        return list(dict.fromkeys(str(row["title"]) for row in self.rows if row.get("title")))

    def named(self, title: str | None, *, hired: bool | None = None) -> list[str]:
        """Return the ids of the columns with this title, from left to right.

        If several columns have this title, only those that match the row's ``hired``.
        """
        keys = self._ids.get(title or "", [])
        agreeing = [key for key in keys if hired is None or (key in self._hiring) == hired]
        return agreeing or keys

    def hires(self, key: str | None) -> bool:
        return key in self._hiring


def _position(row: Row) -> tuple[int, str]:
    position = whole_id(row.get("position"))
    return (10**6 if position is None else position), str(row.get("id"))


def stage(column: Column, columns: Columns, zone: ZoneInfo) -> Stage:
    """Map a column. Columns belong to the whole company; hidden ones are listed too."""
    name = text(column.title)
    if name is None:
        raise RecordRejected("no_title", field="title")
    return Stage(
        remote_id=str(column.id),
        name=name,
        position=column.position,
        category=_category(column, name, is_first=str(column.id) == columns.first),
        category_original="hired" if column.hired else None,
        remote_created_at=moment(column.created_at, zone),
        remote_updated_at=moment(column.updated_at, zone),
    )


def _category(column: Column, name: str, *, is_first: bool) -> StageCategory:
    """Flatchr only reports which column hires. The first is for new applicants; the others are classified by name."""
    if column.hired:
        return StageCategory.HIRED
    return STAGE_NAMES.meaning(name, StageCategory.NEW if is_first else StageCategory.OTHER)


# --- applicants ---


def talent(row: Applicant, settings: Settings, resume: str | None = None) -> Talent:
    """Map an applicant. ``resume`` is the version of a resume that a webhook named; see ``resumes``."""
    person = row.candidate.id if row.candidate else None
    files = () if row.anonym else resumes(row, settings, resume)
    ways = (
        (ContactKind.EMAIL, text(row.person("email"))),
        (ContactKind.PHONE, text(row.person("phone"))),
    )
    return Talent(
        remote_id=row.applicant.strip(),
        remote_aliases=(alias,) if (alias := text(person)) else (),
        first_name=name_text(row.person("firstname")),
        last_name=name_text(row.person("lastname")),
        origin=TalentOrigin.APPLIED,
        source=text(row.source),
        is_archived=row.status == 0,
        contacts=tuple(Contact(kind=kind, value=value) for kind, value in ways if value),
        attachments=files or (),
        lists_all_files=files is not None,
        custom_fields=custom_fields(
            ("external_id", "text", "External ID", text(row.external_id)),
            ("score", "number", "Score", row.score),
        ),
        remote_created_at=moment(row.created_at, settings.zone),
        remote_updated_at=moment(row.updated_at, settings.zone),
    )


def application(row: Applicant, columns: Columns, settings: Settings, notes: Notes) -> Application:
    """Map an application. Its column is known only by title. Flatchr has no history; moves are found by comparison."""
    remote_id, title = row.applicant.strip(), text(row.column)
    stages = columns.named(title, hired=row.hired)
    stage_id = next(iter(stages), None)
    if title and stage_id is None:
        notes.add("unknown_stage", remote_id)
        notes.keep(remote_id, "stage_remote_id")
    if row.vacancy_id is None and text(row.vacancy):
        notes.add("ambiguous_job", remote_id)
    if len(stages) > 1:
        notes.add("ambiguous_stage", remote_id)
    code = None if row.status is None else str(row.status)
    status = ApplicationStatus.HIRED
    if not row.hired and not columns.hires(stage_id):
        status = Vocabulary(remote_id, notes).meaning(
            "applicant status", APPLICATION_STATUSES, code or "1", ApplicationStatus.OTHER
        )
    return Application(
        remote_id=remote_id,
        talent_remote_id=remote_id,
        job_remote_id=str(row.vacancy_id) if row.vacancy_id is not None else None,
        stage_remote_id=stage_id,
        status=status,
        status_original=code,
        applied_at=moment(row.created_at, settings.zone),
        source=text(row.source),
        cover_letter=text(row.comment),
        remote_created_at=moment(row.created_at, settings.zone),
        remote_updated_at=moment(row.updated_at, settings.zone),
    )
