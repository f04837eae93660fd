"""A company with records, and clients signed in as its members."""

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
def ats_never_responds(no_retry_pauses: None) -> None:
    """The showcase's ATS never responds, so retries must not wait."""


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> None:
    """Serve pages without collecting static files."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = tmp_path
    # Looks up a file on request instead of listing all of them at every start.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def anonymous(database_url: str, served: None) -> Client:
    """A client that is not signed in."""
    return Client()


@pytest.fixture
def signed_in(showcase: Showcase, served: None) -> SignedIn:
    """A function that returns a client signed in as the member with a role; ``outsider`` is of the other company."""

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
