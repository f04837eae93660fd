"""Paused deletions have the same state and text everywhere, and match the records in the ATS."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from fakes.company import Company, company
from fakes.showcase import Showcase

from jemmo.cli.sync.syncs import what_helps
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox.server import run_sandbox
from jemmo.services.connections import status
from jemmo.services.sync.run_rows import run_row
from jemmo.services.sync.verification import Problem, StreamVerdict, Verdict
from jemmo.store.models import Connection, HeldDeletion, Notification, SyncRun, Talent

SignedIn = Callable[[str], Client]
STEPS = {
    "admin": "Check the ATS, then delete or keep the records here.",
    "recruiter": "An owner or admin must decide.",
    "viewer": "An owner or admin must decide.",
}


@pytest.fixture
def agency(showcase: Showcase, database_url: str) -> Connection:
    """The company's only synced connection, whose ATS has deleted 45 of 60 talents."""
    showcase.org.connections.all().delete()

    async def happens() -> Company:
        async with run_sandbox(
            "teamtailor", talents=60, seed=5, switches={"rate_limit": False}
        ) as ats:
            found = await company(database_url, base_url=ats.base_url, org=showcase.org.slug)
            await found.rows("UPDATE connection SET label = 'Agency' WHERE id = {me}")
            await found.sync()
            for talent in sorted(await found.ids(Stream.TALENTS))[:45]:
                await ats.change("delete", "candidates", talent)
            await found.sync(Mode.RECONCILE)
            return found

    return Connection.objects.get(id=asyncio.run(happens()).id)


@pytest.mark.sample(1)
@pytest.mark.parametrize("role", STEPS)
def test_a_decision_is_shown_the_same_everywhere(
    agency: Connection, signed_in: SignedIn, role: str
) -> None:
    waiting = {row.stream: row for row in HeldDeletion.objects.filter(connection=agency)}
    assert set(waiting) == {"talents", "applications"}
    assert (waiting["talents"].missing, waiting["talents"].present) == (45, 60)
    applications = waiting["applications"]
    number = 45 + applications.missing
    told = (
        f"We paused {number} deletions. Agency no longer lists 45 of 60 talents and "
        f"{applications.missing} of {applications.present} applications. "
        "Review these records before we remove anything."
    )
    reader = signed_in(role)

    places = {
        "header": reader.get(reverse("sync_status")),
        "hover": reader.get(reverse("sync_icon", args=["talents"]), headers={"HX-Request": "true"}),
        "help": reader.get(reverse("help")),
        "card": reader.get(reverse("ats_card", args=[agency.id])),
        "notification": reader.get(reverse("notification_list")),
    }

    for place, answer in places.items():
        page = answer.content.decode()
        text = text_of(page.partition("Attached information")[0] if place == "help" else page)
        assert told in text, place
        assert STEPS[role] in text, place
        assert "needs a decision" in text.lower(), place
        assert "failed" not in text.lower().partition("guides")[0], place
        assert "`" not in text, place
        assert "Try again" not in text, place
        assert "dot-red" not in page, place
    jobs = reader.get(reverse("sync_icon", args=["jobs"]), headers={"HX-Request": "true"})
    assert "dot-green" in jobs.content.decode()
    assert "decision" not in jobs.content.decode()


def test_a_decision_asked_for_again_is_no_error_that_repeats(
    agency: Connection, signed_in: SignedIn
) -> None:
    Notification.objects.filter(connection=agency, kind="sync_attention").update(times=2)

    page = text_of(signed_in("admin").get(reverse("notification_list")).content.decode())

    assert "We paused" in page
    assert "in a row" not in page


def test_every_place_calls_the_connection_by_its_name(
    agency: Connection, signed_in: SignedIn
) -> None:
    """Also under a name that it was given after the sync."""
    run = agency.runs.latest("started_at")
    assert "Agency no longer lists 45 of 60 talents" in run.report["error"]["message"]
    Connection.objects.filter(id=agency.id).update(label="Cabinet Exemple")
    paths = [
        *(reverse("sync_run", args=[run.id]), reverse("logs"), reverse("notification_list")),
        *(reverse("ats_card", args=[agency.id]), reverse("help"), reverse("logs_csv")),
    ]
    row = run_row(SyncRun.objects.get(id=run.id)).error
    assert row is not None
    assert "Cabinet Exemple no longer lists 45 of 60 talents" in row.message
    english = "{} no longer lists 45"
    for language, sentence in (("en", english), ("fr", "Ne figurent plus dans {} : 45")):
        reader = signed_in("admin")
        reader.cookies["django_language"] = language
        for path in paths:
            answer = reader.get(path)
            body = b"".join(answer) if answer.streaming else answer.content
            shown = text_of(body.decode())
            told = sentence if path != reverse("logs_csv") else english
            assert told.format("Cabinet Exemple") in shown, (language, path)
            for other in ("Your ATS", "Agency", "votre ATS"):
                assert told.format(other) not in shown, (language, path)


def test_the_status_shows_it_until_someone_decides(agency: Connection) -> None:
    (before,) = status.overview(agency.org)
    assert (before.colour, before.error) == ("yellow", None)
    assert before.decision is not None
    assert "Agency no longer lists" in before.decision["message"]

    HeldDeletion.objects.filter(connection=agency).delete()

    (after,) = status.overview(agency.org)
    assert (after.colour, after.error, after.decision) == ("green", None, None)


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("decision", "text"),
    [
        ({"closed_at": Now()}, "Someone decided to keep these records."),
        ({"released_at": Now()}, "Someone approved these deletions."),
        ({"released_at": Now(), "closed_at": Now()}, "Someone approved these deletions."),
        (
            {"held_at": Now()},
            "During a later sync, Jemmo asked for a new decision about the records that were missing at that time.",
        ),
        (None, "These deletions no longer need a decision."),
    ],
)
def test_notifications_of_the_pause_show_the_later_decision(
    agency: Connection, signed_in: SignedIn, decision: dict[str, Now] | None, text: str
) -> None:
    run = agency.runs.latest("started_at")
    pages = [reverse("notification_list"), reverse("logs"), reverse("sync_run", args=[run.id])]
    admin = signed_in("admin")
    asks = STEPS["admin"]
    for page in pages:
        assert asks in text_of(admin.get(page).content.decode()), page

    waiting = HeldDeletion.objects.filter(connection=agency)
    waiting.delete() if decision is None else waiting.update(**decision)

    for page in pages:
        shown = text_of(admin.get(page).content.decode().partition("<main")[2])
        assert text in shown, page
        assert asks not in shown, page
        assert "needs a decision" not in shown.partition("Any severity")[0], page
    assert text in b"".join(admin.get(reverse("logs_csv"))).decode("utf-8-sig")
    for page in pages:
        shown = text_of(admin.get(page).content.decode().partition("<main")[2])
        assert "no longer lists" in shown, page
        assert "Review these records before" not in shown, page
    row = run_row(SyncRun.objects.get(id=run.id)).error
    assert row is not None
    assert "no longer lists" in row.message
    assert "Review these records before" not in row.message
    assert row.next_step == text


def test_a_decision_is_not_reported_as_a_completed_deletion(
    agency: Connection, signed_in: SignedIn
) -> None:
    first, second = signed_in("admin"), signed_in("owner")
    address = reverse("ats_deletions", args=[agency.id, "talents"])

    kept = first.post(address, {"decision": "keep"}, follow=True).content.decode()
    assert (
        "Nothing was deleted. If these records are still missing at the next full comparison"
        in kept
    )

    decided = "These deletions no longer need a decision."
    for answer in (
        second.post(address, {"decision": "keep"}, follow=True),
        second.get(address, follow=True),
    ):
        assert answer.redirect_chain[-1][0] == reverse("ats_connection", args=[agency.id])
        assert decided in answer.content.decode()
    assert second.get(reverse("ats_deletions", args=[agency.id, "nonsense"])).status_code == 404


def test_a_confirmation_withdrawn_late_says_what_was_deleted(
    agency: Connection, signed_in: SignedIn
) -> None:
    """If an ATS reports deletions, the next sync of changes already applies a part of the decision."""
    admin = signed_in("admin")
    address = reverse("ats_deletions", args=[agency.id, "talents"])
    card = reverse("ats_connection", args=[agency.id])
    [held] = HeldDeletion.objects.filter(connection=agency, stream="talents")
    HeldDeletion.objects.filter(connection=agency).update(released_at=Now())
    talents = Talent.objects.filter(connection=agency, remote_id__in=held.remote_ids)
    for gone, text in (
        (held.remote_ids[:2], "43 records will be deleted by the next full comparison at the"),
        (held.remote_ids[2:44], "1 record will be deleted by the next full comparison at the"),
    ):
        talents.filter(remote_id__in=gone).update(remote_deleted_at=Now())
        for page in (card, address):
            assert text in text_of(admin.get(page).content.decode())

    kept = text_of(admin.post(address, {"decision": "keep"}, follow=True).content.decode())

    assert "44 records had already been deleted. If the others are still missing" in kept
    assert "Nothing was deleted" not in kept


def test_verify_suggests_no_comparison_without_effect(agency: Connection) -> None:
    slug = agency.org.slug

    nothing = verdict()
    assert what_helps(agency, nothing) == (
        "Jemmo doesn't match the ATS, because deletions are paused until an owner or admin decides. "
        f"To see them, run `jemmo deletions list --org {slug}`."
    )
    HeldDeletion.objects.filter(connection=agency).delete()
    assert f"`jemmo sync --org {slug} --mode reconcile`, then verify" in what_helps(agency, nothing)


def test_the_page_of_a_kept_record_says_so(agency: Connection, signed_in: SignedIn) -> None:
    [held] = HeldDeletion.objects.filter(connection=agency, stream="talents")
    talents = Talent.objects.filter(connection=agency)
    gone = talents.get(remote_id=held.remote_ids[0])
    there = talents.exclude(remote_id__in=held.remote_ids)[0]
    viewer, kept = signed_in("viewer"), "an owner or admin decided to keep it"

    def shown(talent: Talent) -> str:
        return text_of(viewer.get(reverse("talent", args=[talent.id])).content.decode())

    assert kept not in shown(gone)
    address = reverse("ats_deletions", args=[agency.id, "talents"])
    signed_in("admin").post(address, {"decision": "keep"})

    assert kept in shown(gone)
    assert kept not in shown(there)


def test_verify_lists_kept_records_and_announces_the_next_question(agency: Connection) -> None:
    HeldDeletion.objects.filter(connection=agency).update(closed_at=Now())
    reconcile = f"`jemmo sync --org {agency.org.slug} --mode reconcile`"

    assert what_helps(agency, verdict(extra=45, kept=45)) == (
        "Jemmo doesn't match the ATS, because someone decided to keep the records that the ATS no longer lists. "
        f"To decide again, run {reconcile}."
    )
    assert what_helps(agency, verdict(extra=46, kept=45)) == (
        f"Jemmo doesn't match the ATS. Run {reconcile}, then verify again. You will also be asked again "
        "whether to delete the records that were kept."
    )


def verdict(*, extra: int = 1, kept: int = 0) -> Verdict:
    """Return a comparison in which the ATS no longer lists this number of talents."""
    compared = StreamVerdict(
        ats=15,
        jemmo=15 + extra,
        excluded=0,
        rejected=0,
        erased=0,
        left_out=0,
        missing_count=0,
        extra_count=extra,
        stale_count=0,
        kept=kept,
    )
    message = f"{extra} talents: {compared.extra_words}."
    problem = Problem(kind="extra", stream="talents", count=extra, message=message)
    return Verdict(
        connection_id=uuid4(),
        equal=False,
        requests=1,
        streams={Stream.TALENTS: compared},
        problems=[problem],
        broken_relations={},
    )


def text_of(page: str) -> str:
    """Return a page's text, including tooltips."""
    titles = " ".join(re.findall(r'title="([^"]*)"', page))
    plain = re.sub(r"<[^>]+>", " ", page) + " " + titles
    return re.sub(r"\s+", " ", html.unescape(plain)).replace(" .", ".")
