"""The history of an application on its talent's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from fakes.markup import collapsed
from fakes.showcase import NOW, Showcase

from jemmo.store.models import Application, Stage, StageEvent

SignedIn = Callable[[str], Client]


def test_a_move_within_a_stage_is_shown_by_its_status(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    elodie = showcase.talent("elodie")
    application = Application.objects.get(org=showcase.org, remote_id="of-elodie")
    stage = Stage.objects.filter(connection=application.connection)[0]
    StageEvent.objects.create(
        org=showcase.org,
        application=application,
        from_stage_remote_id=stage.remote_id,
        to_stage_remote_id=stage.remote_id,
        from_status="HIRED",
        to_status="REJECTED",
        at=NOW,
        origin="OBSERVED",
    )

    answer = signed_in("recruiter").get(reverse("talent", args=[elodie.id]))
    page = collapsed(answer.content.decode())

    assert re.search(r'<ol class="moves">.*Hired → Rejected', page, re.DOTALL)
    assert f"<bdi>{stage.name}</bdi> → <bdi>{stage.name}</bdi>" not in page


def test_a_reported_move_shows_when_the_stage_was_entered_and_left(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    elodie = showcase.talent("elodie")
    application = Application.objects.get(org=showcase.org, remote_id="of-elodie")
    stage = Stage.objects.filter(connection=application.connection)[0]
    StageEvent.objects.create(
        org=showcase.org,
        application=application,
        to_stage_remote_id=stage.remote_id,
        at=NOW - timedelta(days=9),
        left_at=NOW - timedelta(days=3),
        origin="REPORTED",
    )

    answer = signed_in("recruiter").get(reverse("talent", args=[elodie.id]))
    page = collapsed(answer.content.decode())

    [moves] = re.findall(r'<ol class="moves">(.*?)</ol>', page, re.DOTALL)
    assert [one.count("<time") for one in moves.split("<li>")[1:]] == [2]
    assert f"<bdi>{stage.name}</bdi>" in moves
    assert "→" not in moves, "nothing is known of a stage before"
