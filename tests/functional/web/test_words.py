"""Values as people read them: in words, in their language and time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import SimpleNamespace
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from jemmo.connectors.flatchr import account as flatchr_account
from jemmo.connectors.jarvi import access as jarvi_access
from jemmo.connectors.registry import CONNECTORS, OFFERED
from jemmo.domain import enums
from jemmo.domain.error_catalog import ErrorKind, Severity
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.rules import Exclusion
from jemmo.domain.status import Colour
from jemmo.domain.streams import Mode, Stream
from jemmo.domain.webhooks import Outcome
from jemmo.store.models import ConnectionState, Role
from jemmo.store.privacy import erasing
from jemmo.web.connections.forms import Connect
from jemmo.web.frame.labels import LABEL_TEXTS, label_for
from jemmo.web.templatetags import jemmo, markup, times, values

OFFERED_NAMES = [one.name for one in OFFERED]
KINDS: dict[str, type[StrEnum]] = {
    "job": enums.JobStatus,
    "visibility": enums.JobVisibility,
    "employment": enums.EmploymentType,
    "remote": enums.RemotePolicy,
    "pay": enums.CompensationPeriod,
    "stage": enums.StageCategory,
    "application": enums.ApplicationStatus,
    "rejected_by": enums.RejectedBy,
    "origin": enums.TalentOrigin,
    "consent": enums.ConsentState,
    "file": enums.AttachmentKind,
    "mode": Mode,
    "run": RunStatus,
    "stream": Stream,
    "severity": Severity,
    "trouble": ErrorKind,
    "rule": Exclusion,
    "colour": Colour,
    "delivery": Outcome,
}
DERIVED = {"colour": {"decision"}, "mode": {"again"}}
"""Values that pages subdivide."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_has_a_label(kind: str) -> None:
    assert set(LABEL_TEXTS[kind]) == {one.value for one in KINDS[kind]} | DERIVED.get(kind, set())


def test_every_role_and_state_has_a_label() -> None:
    assert set(LABEL_TEXTS["role"]) == set(Role.values)
    assert set(LABEL_TEXTS["connection"]) == set(ConnectionState.values)


def test_everything_an_erasure_counts_has_a_label() -> None:
    assert set(erasing.STEPS) <= set(LABEL_TEXTS["held"])


def test_every_right_and_choice_has_a_label() -> None:
    for connector in CONNECTORS.values():
        assert set(connector.rights) <= set(LABEL_TEXTS["right"])
        choices = {choice for one in connector.options for choice in one.choices}
        assert choices <= set(LABEL_TEXTS["choice"])


@pytest.mark.parametrize("name", OFFERED_NAMES)
def test_help_names_a_choice_as_the_form_shows_it(name: str) -> None:
    """Pages show “Automatic” while the command line accepts “auto”, so the help mentions no codes."""
    for option in CONNECTORS[name].options:
        help_words = re.findall(r"[a-z0-9_]+", str(option.help).lower())
        for choice in option.choices:
            shown_as = str(label_for(choice, "choice")).lower()
            assert choice in shown_as or choice not in help_words, (option.name, choice)


def test_a_missing_time_is_not_shown_as_never() -> None:
    assert ">never<" in times.ago(None)
    assert times.ago(None, "–") == "<span>–</span>"


@pytest.mark.parametrize("name", OFFERED_NAMES)
def test_every_option_has_a_label_and_help_in_both_languages(name: str) -> None:
    options = [one for one in CONNECTORS[name].options if not one.own]
    form = Connect(CONNECTORS[name])
    with translation.override("fr"):
        french = Connect(CONNECTORS[name])
        same = {one.name for one in options if translation.gettext(one.help) == one.help}
    assert same == set()
    for one in options:
        field = f"option_{one.name}"
        assert form.fields[field].label == one.label
        assert "_" not in one.label
        assert one.name == "client_id" or french.fields[field].label != one.label
    labels = [one.label for one in options]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    "note",
    [
        flatchr_account.NO_EXPIRY,
        jarvi_access.NO_OFFERS,
        jarvi_access.NO_CHANGES,
        jarvi_access.NO_IDS,
        jarvi_access.NO_APPLICATIONS,
        jarvi_access.NO_RESUMES,
    ],
)
def test_connection_test_remarks_are_in_the_readers_language(note: str) -> None:
    assert jemmo.translated(note) == note
    with translation.override("fr"):
        assert jemmo.translated(note) != note


@pytest.mark.parametrize("name", OFFERED_NAMES)
def test_key_instructions_are_in_both_languages_without_code(name: str) -> None:
    connector = CONNECTORS[name]
    with translation.override("fr"):
        french = jemmo.translated(connector.key_help)
    assert french != connector.key_help
    for text in (french, connector.key_help):
        assert "README" not in text
        assert not [one.name for one in connector.options if one.name in text]


def test_an_unknown_value_is_shown_unchanged() -> None:
    assert label_for("SOMETHING_NEW", "job") == "SOMETHING_NEW"
    assert not label_for(None, "job")


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "€40,000–50,000 a year"), ("fr", "40 000–50 000 € par an")]
)
def test_pay_is_formatted_by_language(language: str, expected: str) -> None:
    with translation.override(language):
        text = values.pay(_pay(40000.0, 50000.0, "EUR", "YEAR"))
    assert " ".join(text.split()) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((40000.0, 40000.0, "CHF", None), "40,000 CHF"),
        ((None, 12.5, "GBP", "HOUR"), "£12.50 an hour"),
        ((1500.0, None, None, "MONTH"), "1,500 a month"),
        ((None, None, "EUR", "YEAR"), "as agreed"),
    ],
)
def test_pay_with_only_one_end_is_formatted(
    given: tuple[float | None, float | None, str | None, str | None], expected: str
) -> None:
    assert values.pay(_pay(*given)) == expected


def _pay(
    low: float | None, high: float | None, currency: str | None, period: str | None
) -> SimpleNamespace:
    return SimpleNamespace(
        min=low, max=high, currency=currency, period=period, original="as agreed"
    )


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/",
        "ftp://host/",
        "https://",
        "[",
        "",
        None,
    ],
)
def test_a_link_leads_to_web_pages_only(given: str | None) -> None:
    assert not markup.web_address(given)


def test_a_web_address_stays() -> None:
    assert markup.web_address(" https://ats.example/jobs/1 ") == "https://ats.example/jobs/1"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"type": "boolean", "value": False}, "no"),
        ({"type": "date", "value": "2026-03-01"}, "1 Mar 2026"),
        ({"type": "date", "value": "soon"}, "soon"),
        ({"type": "number", "value": 12000}, "12,000"),
        ({"type": "multi_select", "value": ["<b>", "c"]}, "<bdi>&lt;b&gt;</bdi>, <bdi>c</bdi>"),
        ({"type": "text", "value": None}, ""),
        ({"type": "currency", "value": {"amount": 42000, "unit": "EUR"}}, "€42,000"),
        (
            {"value": {"unit": "CHF", "min_value": "41000.00", "max_value": "52000.50"}},
            "41,000–52,000.50 CHF",
        ),
        ({"value": {"street": "Rue Inventée", "floor": None}}, "street: Rue Inventée"),
    ],
)
def test_a_custom_field_is_formatted_by_type(field: dict[str, object], expected: str) -> None:
    assert values.field_value(field) == expected


@pytest.mark.parametrize(
    ("language", "day", "text"),
    [
        ("fr", date(2026, 12, 1), "1er décembre 2026"),
        ("fr", date(2026, 12, 11), "11 décembre 2026"),
        ("fr", date(2026, 12, 21), "21 décembre 2026"),
        ("en-us", date(2026, 12, 1), "1 Dec 2026"),
    ],
)
def test_the_first_of_a_month_is_formatted_in_french_style(
    language: str, day: date, text: str
) -> None:
    with translation.override(language), timezone.override("Europe/Paris"):
        assert times.calendar_day(day) == text
        assert times.plain_day(datetime.combine(day, time(12), tzinfo=UTC)) == text
        assert f">{text}, 10:00<" in times.exact(datetime(day.year, 12, day.day, 9, tzinfo=UTC))


def test_an_invitation_names_its_last_day_in_french_style() -> None:
    last = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)  # already December 2 in Paris
    invitation = {"org": {"name": "Acme"}, "expires_at": last}
    for zone, day in (("UTC", "1er décembre 2026"), ("Europe/Paris", "2 décembre 2026")):
        with translation.override("fr"), timezone.override(zone):
            facts = {"invitation": invitation, "link": "https://jemmo.example.com/"}
            assert day in render_to_string("accounts/mail/invitation.txt", facts)


def test_times_use_the_local_time_zone() -> None:
    with timezone.override("Europe/Paris"):
        text = times.exact(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert ">2 Jul 2026, 00:30<" in text
    assert 'title="2 Jul 2026, 00:30 CEST"' in text
    assert 'datetime="2026-07-02T00:30:00+02:00"' in text


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(hours=3, minutes=20), "3\xa0hours ago"),
        (timedelta(days=2, hours=5), "2\xa0days ago"),
    ],
)
def test_relative_times(before: timedelta, expected: str) -> None:
    assert f">{expected}<" in times.ago(timezone.now() - before)


def test_missing_times() -> None:
    assert "never" in times.ago(None)


def test_a_card_shows_the_state_of_webhooks_if_known() -> None:
    known = SimpleNamespace(
        supported=True, set_up=True, health="silent", last_delivery_at=timezone.now(), unannounced=7
    )
    shown_as = render_to_string("connections/card_more.html", {"card": {"webhook": known}})

    assert "Changes arrive without webhooks" in shown_as
    assert "7 changes arrived without a webhook" in shown_as
    assert "<dt>" not in render_to_string("connections/card_more.html", {"card": {}})


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["0 jobs", "1 talent", "1,200 applications"]),
        ("fr", ["0 poste", "1 talent", "1 200 candidatures"]),
    ],
)
def test_nouns_agree_with_their_numbers(language: str, expected: list[str]) -> None:
    with translation.override(language):
        told = [
            values.counted(0, "jobs"),
            values.counted(1, "talents"),
            values.counted(1200, "applications"),
        ]
    assert [" ".join(one.split()) for one in told] == expected


@pytest.mark.parametrize(
    ("language", "last_in_words", "expected"),
    [("en", "6 days ago", "5 May 2026"), ("fr", "il y a 6 jours", "le 5 mai 2026")],
)
def test_a_week_ago_or_more_is_a_day(language: str, last_in_words: str, expected: str) -> None:
    now = datetime(2026, 5, 12, 10, tzinfo=UTC)
    with translation.override(language), patch.object(times, "now", return_value=now):
        within, after = (
            " ".join(times.ago(now - before).split())
            for before in (timedelta(days=7, seconds=-1), timedelta(days=7))
        )
    assert f">{last_in_words}<" in within
    assert f">{expected}<" in after


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["today", "yesterday", "2 days ago", "6 days ago", "5 May 2026"]),
        ("fr", ["aujourd’hui", "hier", "il y a 2 jours", "il y a 6 jours", "le 5 mai 2026"]),
    ],
)
def test_a_day_without_a_time_gets_none(language: str, expected: list[str]) -> None:
    """Flatchr reports only the day of a change, so the number of hours is unknown."""
    midnight = datetime(2026, 5, 12, tzinfo=ZoneInfo("Europe/Paris"))
    now = midnight + timedelta(hours=8)
    with (
        timezone.override("Europe/Paris"),
        translation.override(language),
        patch.object(times, "now", return_value=now),
    ):
        texts = [times.ago(midnight - timedelta(days=days)) for days in (0, 1, 2, 6, 7)]
        assert " ".join(times.ago(midnight + timedelta(seconds=1)).split()) not in texts
    shown = [" ".join(re.findall(r">([^<]+)<", text)[0].split()) for text in texts]
    assert shown == expected
    assert not any("00:00" in text.partition("title=")[2] for text in texts)


def test_a_filter_for_everything_is_labeled_in_french() -> None:
    with translation.override("fr"):
        told = [
            translation.gettext(f"Any {one}")
            for one in (
                "status",
                "department",
                "location",
                "stage",
                "consent status",
                "job",
                "tag",
                "ATS",
            )
        ]
    assert [one for one in told if not one.startswith(("Tous les ", "Toutes les "))] == []


def test_stages_and_applications_have_consistent_labels() -> None:
    for language in ("en", "fr"):
        with translation.override(language):
            for one in ("HIRED", "REJECTED", "WITHDRAWN"):
                assert label_for(one, "stage") == label_for(one, "application")


@pytest.mark.parametrize("name", OFFERED_NAMES)
def test_webhook_instructions_are_in_both_languages(name: str) -> None:
    webhooks = CONNECTORS[name].webhooks
    assert webhooks is not None
    with translation.override("fr"):
        assert translation.gettext(webhooks.setup) != webhooks.setup
