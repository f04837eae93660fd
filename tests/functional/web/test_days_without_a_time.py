"""If an ATS reports only dates, pages show the same dates as the ATS, even in another time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.store.models import Connection, Organisation, Talent

PARIS_MIDNIGHT = datetime(2026, 5, 9, 22, 0, tzinfo=UTC)


def shown_day(showcase: Showcase, reader: Client, moment: datetime) -> tuple[str, str]:
    """Return the text and tooltip of a talent's last change on its page and in the list."""
    talent = showcase.talent("elodie")
    Talent.objects.filter(id=talent.id).update(remote_updated_at=moment)
    page = reader.get(reverse("talent", args=[talent.id])).content.decode()
    _, _, rest = page.partition("Updated in the ATS")
    match = re.search(r'<time [^>]*title="([^"]*)">([^<]*)</time>', rest)
    assert match
    return match[2], match[1]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Europe/Paris"])
def test_a_date_is_the_same_in_every_time_zone(
    showcase: Showcase, recruiter: Client, zone: str
) -> None:
    Organisation.objects.filter(id=showcase.org.id).update(time_zone=zone)
    Connection.objects.filter(org=showcase.org).update(
        provider="flatchr", options={"tenant_tz": "Europe/Paris"}
    )

    assert shown_day(showcase, recruiter, PARIS_MIDNIGHT) == ("10 May 2026", "10 May 2026")


def test_a_time_keeps_its_hour(showcase: Showcase, recruiter: Client) -> None:
    """Covers an account that reports times, and one minute after midnight in an account that reports dates."""
    Organisation.objects.filter(id=showcase.org.id).update(time_zone="America/New_York")
    assert shown_day(showcase, recruiter, PARIS_MIDNIGHT)[1] == "9 May 2026, 18:00 EDT"

    Connection.objects.filter(org=showcase.org).update(provider="flatchr")
    later = PARIS_MIDNIGHT + timedelta(minutes=1)
    assert shown_day(showcase, recruiter, later)[1] == "9 May 2026, 18:01 EDT"
