"""Converts a job to schema.org's JobPosting, which search engines read on career sites.

Takes rows as the API returns them. Facts that the ATS doesn't provide are omitted, except for properties that search
engines require and that the row can always fill.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from jemmo.domain.enums import CompensationPeriod, EmploymentType, RemotePolicy
from jemmo.domain.markup import clean, plain
from jemmo.domain.validation import html_to_text, web_address

CONTEXT = "https://schema.org/"
EMPLOYMENT_TYPES = {
    EmploymentType.APPRENTICE: "OTHER",
    EmploymentType.FREELANCE: "CONTRACTOR",
    EmploymentType.SEASONAL: "TEMPORARY",
}
"""Employment types that search engines name differently."""
UNITS = {str(period) for period in CompensationPeriod} - {CompensationPeriod.TWO_WEEKS}
PLACEHOLDERS = ("id", "remote_id")

Row = Mapping[str, Any]


class Advert(Struct, frozen=True, kw_only=True):
    """Facts about a job that its row lacks: the text of its public posting, and when it was published."""

    organization: str
    content_html: str | None = None
    published_at: datetime | None = None
    url: str | None = None


def job_posting(job: Row, advert: Advert, address: str | None = None) -> dict[str, Any]:
    """Return the posting of a job whose page has this address, by default the one from the ATS."""
    posting = {
        "@context": CONTEXT,
        "@type": "JobPosting",
        "title": job["title"],
        "description": _description(job, advert),
        "datePosted": _posted(job, advert).date().isoformat(),
        "validThrough": job["closed_at"].isoformat() if job["closed_at"] else None,
        "hiringOrganization": {"@type": "Organization", "name": advert.organization},
        "identifier": {
            "@type": "PropertyValue",
            "name": advert.organization,
            "value": job["remote_id"],
        },
        "url": address or _page(job, advert),
        "employmentType": _employment_type(job["employment_type"]),
        "jobLocation": [_place(place) for place in job["locations"] if _address(place)],
        "baseSalary": next(_salaries(job["compensations"]), None),
        "qualifications": html_to_text(job["requirements"] or ""),
        "skills": ", ".join(job["skills"]),
        "occupationalCategory": job["category"],
    }
    if job["remote_policy"] == RemotePolicy.REMOTE:
        posting["jobLocationType"] = "TELECOMMUTE"
        posting["applicantLocationRequirements"] = _countries(job["locations"])
    return {name: value for name, value in posting.items() if value}


def address_of(pattern: str, job: Row) -> str:
    """Return the address of a job's page from a career site's pattern with ``{id}`` or ``{remote_id}``."""
    for name in PLACEHOLDERS:
        pattern = pattern.replace(f"{{{name}}}", quote(str(job[name]), safe=""))
    return pattern


def _description(job: Row, advert: Advert) -> str:
    for markup in (job["description_html"], advert.content_html):
        if markup and (text := _cleaned(markup)).strip():
            return text
    said = html_to_text(job["pitch"] or "") or html_to_text(job["requirements"] or "")
    return _paragraph(said or job["title"])


def _cleaned(markup: str) -> str:
    cleaned = clean(markup)
    return _paragraph(plain(markup)) if cleaned is None else cleaned


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text, quote=False)}</p>"


def _posted(job: Row, advert: Advert) -> datetime:
    moments = (advert.published_at, job["opened_at"], job["remote_created_at"], job["modified_at"])
    return next(moment for moment in moments if moment)


def _page(job: Row, advert: Advert) -> str | None:
    for address in (job["posting_url"], advert.url, job["apply_url"]):
        if address and (page := web_address(address)):
            return page
    return None


def _employment_type(kind: str | None) -> str | None:
    return EMPLOYMENT_TYPES.get(EmploymentType(kind), kind) if kind in set(EmploymentType) else None


def _place(place: Row) -> dict[str, Any]:
    location = {"@type": "Place", "address": _address(place)}
    if place["lat"] is not None and place["lon"] is not None:
        location["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": place["lat"],
            "longitude": place["lon"],
        }
    return location


def _address(place: Row) -> dict[str, str] | str | None:
    """Return the address split into parts, or as the ATS wrote it."""
    parts = {
        "streetAddress": place["street"],
        "addressLocality": place["city"],
        "addressRegion": place["region"],
        "postalCode": place["postal_code"],
        "addressCountry": place["country_code"],
    }
    known = {name: value for name, value in parts.items() if value}
    return {"@type": "PostalAddress", **known} if known else place["raw"]


def _countries(places: Sequence[Row]) -> list[dict[str, str]]:
    codes = dict.fromkeys(place["country_code"] for place in places if place["country_code"])
    return [{"@type": "Country", "name": code} for code in codes]


def _salaries(compensations: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield the salaries that the ATS marks as public."""
    for pay in compensations:
        amounts = {"minValue": pay["min"], "maxValue": pay["max"]}
        known = {name: amount for name, amount in amounts.items() if amount is not None}
        if pay["is_public"] and pay["kind"] == "SALARY" and pay["currency"] and known:
            unit = {"unitText": pay["period"]} if pay["period"] in UNITS else {}
            value = {"@type": "QuantitativeValue", **known, **unit}
            yield {"@type": "MonetaryAmount", "currency": pay["currency"], "value": value}
