"""Account-wide data that takes few requests: columns, vacancies, labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from jemmo.connectors.access import attempt
from jemmo.connectors.base import Config
from jemmo.connectors.flatchr.key_expiry import expiry, key_refusals
from jemmo.connectors.flatchr.mapping import Columns
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import VACANCY_KEY, Labels, Row, rows_in, whole_id
from jemmo.connectors.moments import days, moment
from jemmo.connectors.pacing import pauses
from jemmo.connectors.refusals import Refused, refusals
from jemmo.connectors.sharing import Shared
from jemmo.domain.errors import ConfigError
from jemmo.domain.ports import SharedPace
from jemmo.domain.streams import AccessReport
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.validation import text
from jemmo.rest_client import Pacer, RestClient

NO_EXPIRY = _("Flatchr doesn't report when the key expires. Flatchr keys are valid for 365 days.")
REFERENTIALS = {
    "contract_type": "contracts",
    "education_level": "educationLevels",
    "activity": "activities",
    "channel": "channels",
}
"""Vacancy attributes that may be sent as a number only, and the lists that explain the numbers."""
YOUNG_AT_MOST = days(5 * 366)
"""Assumed maximum age of an account if neither a column nor a vacancy has a date."""


def client_of(
    config: Config, pace: Pacer | None, *, shared: SharedPace | None = None, accept: str = "*/*"
) -> RestClient:
    """Create a client for one request at a time, since Flatchr documents no limit. Error bodies are undocumented."""
    return RestClient(
        config.base_url,
        headers={"Authorization": f"Bearer {config.api_key}", "Accept": accept},
        refuse=refusals(
            "Flatchr",
            key_help="",
            instead="https://api.flatchr.io",
            meanings=key_refusals("Flatchr", config.api_key, variant="flatchr"),
        ),
        pacer=pace,
        shared=shared,
        connections=1,
        pause=pauses(*Settings(config).backoff),
    )


class Vacancies(Struct, frozen=True):
    """All vacancies that Flatchr lists, whatever their status."""

    rows: list[Row]

    @property
    def listed(self) -> set[str]:
        return {key for row in self.rows if (key := VACANCY_KEY(row))}

    @property
    def by_title(self) -> dict[str, list[Row]]:
        """Vacancies by title, since rows of older accounts name only the title."""
        by_title: dict[str, list[Row]] = {}
        for row in self.rows:
            if (title := text(row.get("title"))) and VACANCY_KEY(row):
                by_title.setdefault(title, []).append(row)
        return by_title

    @property
    def codes(self) -> list[str]:
        """Encoded ids, which the search expects although its responses contain numbers."""
        return [str(row["id"]) for row in self.rows if row.get("id")]


class Account:
    """Reads the account's data, sharing lists between streams so that they are requested once."""

    def __init__(self, client: RestClient, settings: Settings) -> None:
        self.path = f"company/{settings.company_id}"
        self._client = client
        self._settings = settings
        self._columns = Shared[Columns](1)
        self._vacancies = Shared[Vacancies](1)
        self._labels: dict[str, dict[int, str] | None] = {}
        self._founded: date | None = None

    def forget(self) -> None:
        self._columns.clear()
        self._vacancies.clear()

    async def columns(self, reader: str, *, fresh: bool = False) -> Columns:
        return await self._columns.get("columns", reader, self._read_columns, fresh=fresh)

    async def _read_columns(self) -> Columns:
        return Columns(await self._client.get(f"{self.path}/columns", rows_in))

    async def vacancies(self, reader: str, *, fresh: bool = False) -> Vacancies:
        return await self._vacancies.get("vacancies", reader, self._read_vacancies, fresh=fresh)

    async def _read_vacancies(self) -> Vacancies:
        """Return the plain list, plus the list of each hidden status of which it shows no vacancy.

        Each vacancy appears once; those without an id stay, to be rejected.
        """
        path = f"{self.path}/vacancies?fields=address,tags"
        rows = await self._client.get(path, rows_in)
        shown = {str(row.get("status")) for row in rows}
        for status in self._settings.vacancy_queries:
            if status not in shown:
                rows += await self._client.get(f"{path}&status={status}", rows_in)
        distinct: dict[object, Row] = {}
        for row in rows:
            distinct.setdefault(whole_id(row.get("vacancy_id")) or id(row), row)
        return Vacancies(list(distinct.values()))

    async def labels(self, vacancies: Sequence[Row]) -> Labels:
        """Return the meaning of the numbers in these vacancies; requests only the lists that are needed.

        The attributes whose list the account refuses are missing.
        """
        labels = {}
        for field, path in REFERENTIALS.items():
            if any(_lacks_label(row, field) for row in vacancies):
                labels[field] = await self._read_labels(path)
        channels = {
            channel
            for row in vacancies
            if _lacks_label(row, "metier") and (channel := whole_id(row.get("channel_id")))
        }
        trades: dict[int, str] | None = {}
        for channel in sorted(channels):
            more = await self._read_labels(f"channels/{channel}/metiers")
            trades = None if trades is None or more is None else trades | more
        labels["metier"] = trades
        return {field: texts for field, texts in labels.items() if texts is not None}

    async def _read_labels(self, path: str) -> dict[int, str] | None:
        """Return a referential's texts by number, requested once; ``None`` if the account refuses the list."""
        if path not in self._labels:
            try:
                rows = await self._client.get(f"{path}?lang=fr", rows_in)
            except Refused:
                self._labels[path] = None
                return None
            labels = ((whole_id(row.get("id")), text(row.get("text"))) for row in rows)
            self._labels[path] = {key: label for key, label in labels if key is not None and label}
        return self._labels[path]

    async def founded(self, reader: str) -> date:
        """Return the date of the oldest column or vacancy."""
        if self._founded is None:
            reader = f"{reader}, account's age"
            rows = (await self.columns(reader)).rows + (await self.vacancies(reader)).rows
            zone = self._settings.zone
            times = [when for row in rows if (when := moment(row.get("created_at"), zone))]
            first = min(times, default=datetime.now(zone) - YOUNG_AT_MOST)
            self._founded = first.astimezone(zone).date()
        return self._founded

    async def check(self, api_key: str) -> AccessReport:
        """Test the connection with three small requests. A wrong key or company raises ``ConfigError``."""
        get, path = self._client.get, self.path
        checks = [await attempt("read columns", get(f"{path}/columns", rows_in))]
        if (columns := checks[0][1]) is None:
            raise ConfigError("company_unknown", company=self._settings.company_id)
        checks.append(await attempt("read vacancies", get(f"{path}/vacancies", rows_in)))
        vacancies = checks[1][1] or []
        today = {"start": f"{datetime.now(self._settings.zone):%m/%d/%y}"}
        search = self._client.search(f"{path}/search/applicants", today, rows_in)
        checks.append(await attempt("read applicants", search))
        companies = [row["company"] for row in vacancies if isinstance(row.get("company"), dict)]
        return AccessReport(
            account_id=self._settings.company_id,
            account_name=next(
                filter(None, (text(company.get("name")) for company in companies)), None
            ),
            checks=[check for check, _rows in checks],
            totals={"stages": len(columns), "jobs": len(vacancies)},
            expires_at=expiry(api_key),
            warnings=[] if expiry(api_key) else [NO_EXPIRY],
        )


def _lacks_label(vacancy: Row, field: str) -> bool:
    return bool(vacancy.get(f"{field}_id")) and not vacancy.get(field)
