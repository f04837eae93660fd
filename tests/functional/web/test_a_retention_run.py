"""A retention run from its preview to what is left: one number everywhere, compared with the simulator's truth."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from fakes.company import Company, company, in_thread
from fakes.teamtailor_truth import truth

from jemmo.cli.connections.connections import _counted
from jemmo.domain import numbers
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.connections import status
from jemmo.services.privacy import erasure
from jemmo.store.models import AccessEvent, Erasure, Organisation, Talent
from jemmo.tasks import privacy
from jemmo.vault import default_vault

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]
SAYS = {
    "en": {
        "preview": "{n} of 60 people would have their data erased",
        "nothing": "Nothing would be erased now",
        "kept": "Nothing has been erased yet.",
        "reason": "Retention period ended",
        "erased": "{n} erased on purpose",
        "talents": "Talents: {n}",
    },
    "fr": {
        "preview": "Les données de {n} personnes sur 60 seraient effacées",
        "nothing": "Aucune donnée ne serait effacée pour l’instant",
        "kept": "Rien n’a encore été effacé.",
        "reason": "Durée de conservation écoulée",
        "erased": "{n} effacées volontairement",
        "talents": "Talents : {n}",
    },
}


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(
        "teamtailor", talents=60, seed=5, switches={"rate_limit": False}
    ) as server:
        yield server


@pytest.fixture
async def found(
    ats: SandboxServer,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Company:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    found = await company(database_url, base_url=ats.base_url)
    # Those without an application have no activity but their own either.
    await found.set_rules(include_talents_without_active_application=True)
    await found.sync()
    return found


class Reader:
    """An owner in front of the pages."""

    def __init__(self, language: str) -> None:
        org = Organisation.objects.get()
        member = accounts.add_member(
            org, "owner@example.com", "owner", "long enough 12", verified=True
        )
        self.browser = Client()
        self.browser.force_login(member)
        self.browser.cookies["django_language"] = language

    def page(self, name: str, *arguments: object, **posted: str) -> str:
        return self.text(self.markup(name, *arguments, **posted))

    def markup(self, name: str, *arguments: object, **posted: str) -> str:
        path = reverse(name, args=arguments)
        ask = self.browser.post(path, posted, follow=True) if posted else self.browser.get(path)
        assert ask.status_code == 200, path
        return ask.content.decode()

    @staticmethod
    def text(markup: str) -> str:
        plain = re.sub(r"<[^>]*>", " ", markup.partition('<main id="main"')[2] or markup)
        return " ".join(plain.replace("\N{NO-BREAK SPACE}", " ").split())


def moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


async def last_signs(ats: SandboxServer) -> dict[str, datetime]:
    """The last activity of each person, as the ATS tells it: every date of theirs and of their applications."""
    dated = ("created-at", "updated-at", "changed-stage-at", "rejected-at")
    signs: dict[str, list[datetime]] = {}
    for kind in ("candidates", "job-applications"):
        for one in await truth(ats, kind):
            who = one["id"] if kind == "candidates" else one["relationships"]["candidate"][0]
            known = [moment(one["attributes"].get(name)) for name in dated]
            signs.setdefault(who, []).extend(each for each in known if each)
    return {who: max(moments) for who, moments in signs.items()}


def months_ago(months: int) -> datetime:
    """The same day, so many months earlier, as a calendar has them."""
    now = datetime.now(UTC)
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=years, month=month + 1, day=min(now.day, 28))


async def test_what_a_preview_promises_is_erased_and_counted_alike_everywhere(
    ats: SandboxServer, found: Company
) -> None:
    signs = await last_signs(ats)
    assert len(signs) == 60
    idle = {
        months: {who for who, last in signs.items() if last < months_ago(months)}
        for months in range(1, 36)
    }
    months = next(months for months in idle if 0 < len(idle[months]) <= 15)
    gone = idle[months]
    applications = [
        one["id"]
        for one in await truth(ats, "job-applications")
        if one["relationships"]["candidate"][0] in gone
    ]
    await _is_promised(found, months, gone)

    await _run(found)

    assert await found.ids(Stream.TALENTS) == set(signs) - gone
    assert not await found.ids(Stream.APPLICATIONS) & set(applications)
    await in_thread(lambda: _is_certified(len(gone), len(applications)))
    await _agrees_everywhere(ats, found, gone, applications)


async def _is_promised(found: Company, months: int, gone: set[str]) -> None:
    before = await found.counts()

    def try_and_save() -> None:
        wanted: dict[str, str] = {}
        tried = ""
        for language, says in SAYS.items():
            reader = Reader(language)
            blank = reader.markup("privacy_retention")
            seen = re.search(r'name="seen" value="([^"]+)"', blank)
            assert seen is not None
            wanted |= {
                "seen": seen[1],
                "idle_months": str(months),
                "counts": "update",
                "rejected_months": "",
                "deleted_days": "30",
                "access_months": "24",
            }
            tried = reader.markup("privacy_retention", **wanted, do="try")
            text = reader.text(tried)
            assert says["preview"].format(n=len(gone)) in text
            assert says["kept"] in text
            named = set(re.findall(r'/settings/privacy/people/([0-9a-f-]+)/"', tried))
            assert len(named) == len(gone)
            org = Organisation.objects.get()
            shown = Talent.objects.filter(org=org, id__in=[UUID(each) for each in named])
            assert set(shown.values_list("remote_id", flat=True)) == gone
        token = re.search(r'name="tried" value="([^"]+)"', tried)
        assert token is not None
        Reader("en").markup("privacy_retention", **wanted, tried=token[1], do="save")

    await in_thread(try_and_save)
    assert await found.counts() == before, "saving erases nothing"


async def _run(found: Company) -> None:
    """As the worker does it at night, step by step."""
    await privacy.begin_retention(timestamp=0)
    waiting = "SELECT args->>'org_id' FROM procrastinate_jobs WHERE task_name = 'apply_retention'"
    while rows := await found.rows(waiting):
        await found.rows("DELETE FROM procrastinate_jobs WHERE task_name = 'apply_retention'")
        await privacy.apply_retention(rows[0][0])


def _is_certified(people: int, applications: int) -> None:
    (row,) = Erasure.objects.all()
    assert (row.kind, row.removed["talents"]) == ("retention", people)
    assert row.removed.get("applications", 0) == applications
    assert row.files_left == 0
    assert erasure.is_genuine(row, vault=default_vault())
    event = AccessEvent.objects.get(action="erased")
    assert (event.account, event.detail) == (None, {"people": people})
    for language, says in SAYS.items():
        reader = Reader(language)
        assert f"{says['reason']}" in reader.page("privacy_certificates")
        shown = reader.page("privacy_certificate", row.id)
        assert says["reason"] in shown
        for kind, count in row.removed.items():
            assert f" {count} " in f"{shown} ", kind
        assert str(people) in reader.page("privacy_access")


async def _agrees_everywhere(
    ats: SandboxServer, found: Company, gone: set[str], applications: list[str]
) -> None:
    left = 60 - len(gone)
    for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
        report = await found.sync(mode)
        assert (report.error, numbers.numbers_of(report.lines).changed) == (None, 0), mode
    verdict = await found.verify()
    assert verdict.equal, verdict.problems
    assert verdict.streams[Stream.TALENTS].erased == len(gone)
    assert verdict.streams[Stream.TALENTS].jemmo == left
    assert verdict.streams[Stream.APPLICATIONS].erased == len(applications)
    counts = await found.counts()
    assert counts["talents"] == left

    def everywhere() -> None:
        (row,) = status.overview(Organisation.objects.get())
        assert row.counts == counts
        for language, says in SAYS.items():
            reader = Reader(language)
            assert re.search(rf"\b{left}\b", reader.page("talents"))
            assert says["talents"].format(n=left) in reader.page("privacy_processing")
            assert f"{left} talents" in reader.page("ats_card", found.id)
            quality = reader.page("quality", compare="1")
            assert says["erased"].format(n=len(gone)) in quality
            assert json.dumps(len(gone)) in quality
        assert _counted(row, "talents") == f"{left} talents"
        nothing = Reader("en")
        blank = nothing.markup("privacy_retention")
        seen: Any = re.search(r'name="seen" value="([^"]+)"', blank)
        months: Any = re.search(r'name="idle_months" value="(\d+)"', blank)
        tried = nothing.page(
            "privacy_retention",
            seen=seen[1],
            idle_months=months[1],
            counts="update",
            deleted_days="30",
            access_months="24",
            do="try",
        )
        assert SAYS["en"]["nothing"] in tried

    await in_thread(everywhere)
