"""Where the department of a talent is shown."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from fakes.markup import collapsed
from fakes.showcase import Showcase

from jemmo.store.models import Department, Talent
from jemmo.store.records.export import Reader, exported

SignedIn = Callable[[str], Client]


def test_the_department_is_on_the_page_and_in_exports(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    elodie = showcase.talent("elodie")
    department = Department.objects.filter(connection=elodie.connection)[0]
    Talent.objects.filter(id=elodie.id).update(department=department)

    answer = signed_in("recruiter").get(reverse("talent", args=[elodie.id]))
    page = collapsed(answer.content.decode())

    assert f"<li><bdi>{department.name}</bdi></li>" in page
    rows = {row["id"]: row for row in exported("talents", showcase.org, Reader(unseal=None))}
    assert rows[elodie.id]["department"] == department.name
    assert {row["department"] for key, row in rows.items() if key != elodie.id} == {None}
