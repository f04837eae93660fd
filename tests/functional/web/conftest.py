"""A filled company and people to look at it with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import Settings

if TYPE_CHECKING:  # models can be imported only once Django is set up, which is after this file
    from fakes.showcase import Showcase

SignedIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def answers_nobody(hasty: None) -> None:
    """The showcase's ATS: nothing waits for it."""


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> None:
    """Pages without collected static files."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = tmp_path
    # Looks for a file when it is asked for, not for all at each start
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def anybody(database_url: str, served: None) -> Client:
    """Somebody who is not signed in."""
    return Client()


@pytest.fixture
def signed_in(showcase: Showcase, served: None) -> SignedIn:
    """A browser of the person of that role; ``outsider`` belongs to the other company."""

    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(showcase.person(role))
        return client

    return sign_in


@pytest.fixture
def recruiter(signed_in: SignedIn) -> Client:
    return signed_in("recruiter")


@pytest.fixture
def viewer(signed_in: SignedIn) -> Client:
    return signed_in("viewer")
