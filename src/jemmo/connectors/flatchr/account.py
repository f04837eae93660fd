"""What belongs to the whole account and fits in an answer or three: columns, vacancies, contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from jemmo.connectors.flatchr.dates import days, moment
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.shared import Shared
from jemmo.connectors.flatchr.stages import Columns
from jemmo.connectors.flatchr.wire import Row, key_of, rows, whole
from jemmo.connectors.refusals import Refused
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

YOUNG_AT_MOST = days(5 * 366)
"""Where no column and no vacancy says how old the account is."""


class Vacancies(Struct, frozen=True):
    """All vacancies that Flatchr lists, in whatever status."""

    rows: list[Row]

    @property
    def listed(self) -> set[str]:
        return {key for row in self.rows if (key := key_of(row, "vacancy_id"))}

    @property
    def by_title(self) -> dict[str, list[Row]]:
        """The vacancies of each title: older accounts' applicants name theirs by it alone."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if (title := text(row.get("title"))) and key_of(row, "vacancy_id"):
                found.setdefault(title, []).append(row)
        return found

    @property
    def codes(self) -> list[str]:
        """The encoded ids, which is what the search wants where its answers give the whole number."""
        return [str(row["id"]) for row in self.rows if row.get("id")]


class Account:
    """Asks for them; what one stream has just read is not asked for again by the next."""

    def __init__(self, client: RestClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._columns = Shared[Columns](1)
        self._vacancies = Shared[Vacancies](1)
        self._labels: dict[int, str] | None = None
        self._founded: date | None = None

    @property
    def path(self) -> str:
        return f"company/{self._settings.company_id}"

    def forget(self) -> None:
        self._columns.clear()
        self._vacancies.clear()

    async def columns(self, reader: str, *, fresh: bool = False) -> Columns:
        async def ask() -> Columns:
            return Columns(await self._client.get(f"{self.path}/columns", rows))

        return await self._columns.get("columns", reader, ask, fresh=fresh)

    async def vacancies(self, reader: str, *, fresh: bool = False) -> Vacancies:
        return await self._vacancies.get("vacancies", reader, self._read_vacancies, fresh=fresh)

    async def _read_vacancies(self) -> Vacancies:
        """The list as it is, then by status, unless it already shows vacancies that are not open.

        Whether the list hides those is not known; the filter's answers are merged in.
        """
        path = f"{self.path}/vacancies?fields=address,tags"
        found = await self._client.get(path, rows)
        hidden = self._settings.vacancy_queries
        if not {_status(row) for row in found} & set(hidden):
            for status in hidden:
                found += await self._client.get(f"{path}&status={status}", rows)
        return Vacancies(_distinct(found))

    async def labels(self, wanted: Sequence[Row]) -> dict[int, str]:
        """The contracts by their number, asked for only when one of these vacancies does not name its own."""
        missing = any(
            row.get("contract_type_id") and not row.get("contract_type") for row in wanted
        )
        if self._labels is None and missing:
            self._labels = await self._read_labels()
        return self._labels or {}

    async def _read_labels(self) -> dict[int, str]:
        try:
            found = await self._client.get("contracts?lang=fr", rows)
        except Refused:
            return {}
        labels = ((whole(one.get("id")), text(one.get("text"))) for one in found)
        return {number: label for number, label in labels if number is not None and label}

    async def founded(self, reader: str) -> date:
        """The day of the oldest column or vacancy. Applicants who came before are not missed: see ``Search``."""
        if self._founded is None:
            reader = f"{reader}, account's age"
            known = (await self.columns(reader)).rows + (await self.vacancies(reader)).rows
            zone = self._settings.zone
            times = [when for row in known if (when := moment(row.get("created_at"), zone))]
            first = min(times, default=datetime.now(zone) - YOUNG_AT_MOST)
            self._founded = first.astimezone(zone).date()
        return self._founded


def _status(row: Row) -> str:
    return str(row.get("status"))


def _distinct(found: list[Row]) -> list[Row]:
    """One row per vacancy; those without an id stay, to be rejected."""
    kept: dict[object, Row] = {}
    for row in found:
        kept.setdefault(whole(row.get("vacancy_id")) or id(row), row)
    return list(kept.values())
