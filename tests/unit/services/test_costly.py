"""Places for work that reads all of an organization's records."""

from __future__ import annotations

from threading import Thread
from uuid import uuid4

import pytest

from jemmo.services.base.costly import Crowded, Places


def test_an_organization_has_one_place() -> None:
    places, org = Places(3, wait=0), uuid4()
    with places.place(org):
        with pytest.raises(Crowded), places.place(org):
            pass
        with places.place(uuid4()):
            pass
    with places.place(org):
        pass


def test_all_organizations_together_leave_threads_to_others() -> None:
    places = Places(1, wait=0)
    with places.place(uuid4()), pytest.raises(Crowded), places.place(uuid4()):
        pass


def test_a_place_is_free_after_a_failure() -> None:
    places, org = Places(1, wait=0), uuid4()
    with pytest.raises(ZeroDivisionError), places.place(org):
        raise ZeroDivisionError
    with places.place(org):
        pass


def test_work_waits_a_moment_for_a_place() -> None:
    places, org = Places(1, wait=60), uuid4()
    done: list[bool] = []

    def second() -> None:
        with places.place(org):
            done.append(True)

    thread = Thread(target=second)
    with places.place(org):
        thread.start()
    thread.join()
    assert done
