"""The pages in a real Chromium: by mouse, by keyboard, and in the dark theme."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from fakes.showcase import EMAIL
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"


def rows(page: Page) -> Any:
    return page.locator("#results tbody tr")


def test_a_talent_is_found_while_typing_and_opened(opens: Opens) -> None:
    page = opens("/talents/")
    expect(rows(page)).to_have_count(50)

    page.get_by_role("searchbox").press_sequentially("elod")

    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]q=elod"))
    page.get_by_role("link", name="Élodie Müller").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Élodie Müller")
    expect(page.get_by_role("link", name=EMAIL)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("elod")
    expect(rows(page)).to_have_count(1)


def test_everything_is_reachable_by_keyboard(opens: Opens) -> None:
    page = opens("/jobs/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sync jobs")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("developpeuse")
    expect(page).to_have_url(re.compile(r"[?&]q=developpeuse"))
    expect(rows(page)).to_have_count(1)
    link = page.get_by_role("link", name="Développeuse full-stack")
    for _ in range(20):
        if link.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Développeuse full-stack")


@pytest.mark.long
def test_the_dark_theme_can_be_chosen_and_stays(opens: Opens) -> None:
    page = opens("/jobs/", color_scheme="light")
    light = page.evaluate(BACKGROUND)

    page.locator("summary").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(BACKGROUND)
    assert brightness(dark) < 80
    assert brightness(light) > 180
    page.goto("/talents/")
    assert page.evaluate(BACKGROUND) == dark


def test_the_theme_follows_the_system(opens: Opens) -> None:
    page = opens("/accounts/login/", signed_in=False, color_scheme="dark")

    assert brightness(page.evaluate(BACKGROUND)) < 80


def test_french_can_be_chosen(opens: Opens) -> None:
    page = opens("/jobs/")

    page.locator("summary").click()
    page.get_by_role("button", name="Français").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Postes")


def brightness(colour: str) -> float:
    """Return the mean of a computed color's red, green and blue."""
    channels = [float(number) for number in re.findall(r"[\d.]+", colour)[:3]]
    return sum(channels) / 3 * (1 if colour.startswith("rgb") else 255)
