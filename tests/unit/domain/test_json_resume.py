"""A talent's links and location in a JSON Resume."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jemmo.domain.json_resume import json_resume

TALENT: dict[str, Any] = {
    **dict.fromkeys(("headline", "current_title", "current_company", "summary", "location")),
    "full_name": "",
    "emails": [],
    "phones": [],
    "links": [],
    "modified_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
}


def test_links_are_profiles_or_a_website() -> None:
    links = [
        "https://fr.linkedin.com/in/elodie/",
        "javascript:alert(1)",
        "https://elodie.example.com/about",
        "https://notgithub.com/elodie",
        "https://github.com",
        "https://example.com/" + "x" * 10_000,
    ]
    basics = json_resume({**TALENT, "links": links})["basics"]
    assert basics["url"] == "https://elodie.example.com/about"
    assert basics["profiles"] == [
        {"network": "LinkedIn", "username": "elodie", "url": links[0]},
        {"network": "GitHub", "url": links[4]},
    ]


def test_a_talent_without_data_is_a_resume_too() -> None:
    resume = json_resume(TALENT)
    assert resume["basics"] == {}
    assert resume["meta"] == {"version": "v1.0.0", "lastModified": "2026-03-01T12:00:00"}
    place = {"raw": "Paris area", "city": None}
    located = json_resume({**TALENT, "location": place})
    assert located["basics"] == {"location": {"address": "Paris area"}}
