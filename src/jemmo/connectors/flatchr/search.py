"""The applicant search: one pass for active and one for archived applicants, also in older accounts.

Rows of older accounts contain only the vacancy's title, and don't show whether an applicant is archived.
"""

from __future__ import annotations

from datetime import date
from hashlib import blake2b

from msgspec.structs import replace

from jemmo.connectors.by_day.search import Criteria, DaySearch, Question
from jemmo.connectors.by_day.slices import Place, Slice
from jemmo.connectors.by_day.windows import DayFilter
from jemmo.connectors.flatchr.account import Account
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import VACANCY_KEY, Row, rows_in, whole_id
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

ACTIVE, ARCHIVED = 0, 1
ONLY_ACTIVE, IS_ARCHIVED = {"status": 1}, {"status": 0}


class Search(DaySearch):
    filter = DayFilter(
        created=("start", "end"),
        changed=("start_update", "end_update"),
        written=lambda day: f"{day:%m/%d/%y}",
    )
    key = "applicant"
    facets = ("column", "vacancy")

    def __init__(self, client: RestClient, settings: Settings, account: Account) -> None:
        super().__init__(
            zone=settings.zone,
            overlap=settings.overlap_days,
            usual=settings.window_days,
            limits=settings.suspicious,
            passes=({}, settings.archived_filter),
            walked=1 + settings.reads_archived,
        )
        self._client = client
        self._account = account

    async def send(self, criteria: Criteria) -> list[Row]:
        path = f"{self._account.path}/search/applicants"
        return await self._client.search(path, criteria, rows_in)

    async def begins(self, reader: str) -> date:
        return await self._account.founded(reader)

    async def values(self, facet: str, reader: str) -> list[str]:
        if facet == "column":
            return (await self._account.columns(reader)).titles
        return (await self._account.vacancies(reader)).codes

    def narrower(self, question: Question, rows: list[Row]) -> Question:
        """Older accounts include archived applicants unless only active ones are requested."""
        is_older = question.part == ACTIVE and lack_status(rows)
        return question.only(**ONLY_ACTIVE) if is_older else question

    async def settled(self, question: Question, place: Place, step: Slice) -> Slice:
        """Mark archived applicants, and add each row's vacancy number.

        The filter for archived applicants may have no effect. Then the first pass has shown them, or they can't be
        read.
        """
        if question.part == ARCHIVED and lack_status(step.rows):
            active = replace(question.by("opposite").only(**ONLY_ACTIVE), part=ACTIVE)
            if self.ids(step.rows) != self.ids(await self.ask(active)):  # the filter works
                step = replace(step, rows=[row | IS_ARCHIVED for row in step.rows])
        archived = [str(row.get("status")) == "0" for row in step.rows]
        step = replace(step, rows=await self._numbered(question, step.rows))
        if question.part == ACTIVE or all(archived):
            seen = place.archived_seen or any(archived)
            return replace(step, after=step.after and replace(step.after, archived_seen=seen))
        if place.archived_seen:
            return replace(step, after=None)
        # A walk by change date never proves a deletion.
        covers = step.covers and question.span.by_update
        return replace(step, after=None, covers=covers, notes=(*step.notes, "archived_hidden"))

    async def completed(self, question: Question, rows: list[Row]) -> list[Row]:
        if question.part == ARCHIVED and lack_status(rows):
            rows = [row | IS_ARCHIVED for row in rows]
        return await self._numbered(question, rows)

    def shows_active(self, rows: list[Row]) -> bool:
        return not lack_status(rows)

    def parent_of(self, row: Row) -> tuple[str, str] | None:
        vacancy = VACANCY_KEY(row)
        return None if vacancy is None else (vacancy, str(row.get("vacancy") or ""))

    async def _numbered(self, question: Question, rows: list[Row]) -> list[Row]:
        """Add vacancy numbers to the rows.

        If several vacancies have the same title, the applicants of each are requested. An unlisted title gets a
        negative number.
        """
        titles = {
            title
            for row in rows
            if row.get("vacancy_id") is None
            if (title := text(row.get("vacancy")))
        }
        if not titles:
            return rows
        reader = f"{question.reader}, titles of {question.part} {question.window.first}"
        by_title = (await self._account.vacancies(reader)).by_title
        by_applicant: dict[str | None, int | None] = {}
        numbers: dict[str | None, int | None] = {}
        for title in titles:
            vacancies = by_title.get(title, [])
            numbers[title] = whole_id(vacancies[0]["vacancy_id"]) if vacancies else _unlisted(title)
            if len(vacancies) > 1:
                numbers[title] = None
                for vacancy in vacancies:
                    own = await self.ask(question.only(vacancy=str(vacancy.get("id"))))
                    by_applicant |= dict.fromkeys(self.ids(own), whole_id(vacancy["vacancy_id"]))

        def numbered(row: Row) -> Row:
            if row.get("vacancy_id") is not None:
                return row
            number = numbers.get(text(row.get("vacancy")))
            return row | {"vacancy_id": by_applicant.get(self.id_of(row), number)}

        return [numbered(row) for row in rows]


def lack_status(rows: list[Row]) -> bool:
    """Whether the rows come from an older account, which doesn't show whether an applicant is archived."""
    return bool(rows) and not any("status" in row for row in rows)


def _unlisted(title: str) -> int:
    """Return a number for an unlisted vacancy of which only the title is known."""
    digest = blake2b(title.encode("utf-8", "replace"), digest_size=6).digest()
    return -int.from_bytes(digest) - 1
