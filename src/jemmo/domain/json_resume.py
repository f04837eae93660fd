"""Converts a talent to a JSON Resume (https://jsonresume.org/schema).

Takes a row as the API returns it, with contact details only for readers who may see them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from jemmo.domain.validation import split_address, web_address

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
VERSION = "v1.0.0"
NETWORKS = {
    "linkedin.com": "LinkedIn",
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "xing.com": "Xing",
    "twitter.com": "X",
    "x.com": "X",
    "malt.fr": "Malt",
    "stackoverflow.com": "Stack Overflow",
}


def json_resume(talent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a talent's known facts under the schema's names."""
    links = [address for link in talent["links"] if (address := web_address(link))]
    profiles = [_profile(link) for link in links if _network(link)]
    basics = {
        "name": talent["full_name"],
        "label": talent["headline"] or talent["current_title"],
        "email": _first(talent["emails"]),
        "phone": _first(talent["phones"]),
        "url": _first([link for link in links if not _network(link)]),
        "summary": talent["summary"],
        "location": _location(talent["location"] or {}),
        "profiles": profiles,
    }
    work = {"name": talent["current_company"], "position": talent["current_title"]}
    modified_at = talent["modified_at"].astimezone(UTC)
    resume = {
        "$schema": SCHEMA,
        "basics": _known(basics),
        "work": [_known(work)] if _known(work) else [],
        "meta": {"version": VERSION, "lastModified": f"{modified_at:%Y-%m-%dT%H:%M:%S}"},
    }
    return _known(resume) | {"basics": resume["basics"]}


def _location(place: Mapping[str, Any]) -> dict[str, str]:
    parts = {
        "address": place.get("street") or place.get("raw"),
        "postalCode": place.get("postal_code"),
        "city": place.get("city"),
        "region": place.get("region"),
        "countryCode": place.get("country_code"),
    }
    return _known(parts)


def _profile(link: str) -> dict[str, str]:
    username = split_address(link).path.rstrip("/").rpartition("/")[2]
    return _known({"network": _network(link), "username": username, "url": link})


def _network(link: str) -> str | None:
    """Return the social network that a link belongs to."""
    try:
        host = split_address(link).hostname or ""
    except ValueError:
        return None
    return next(
        (name for domain, name in NETWORKS.items() if f".{host}".endswith(f".{domain}")), None
    )


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
