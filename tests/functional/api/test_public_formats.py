"""Records in standard formats: JobPosting, sitemap, JSON Resume."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fakes.programs import Asks, send
from fakes.showcase import EMAIL, NOW, PHONE, Showcase

from jemmo.store.models import AccessEvent, Job, JobCompensation, JobLocation, JobPosting, Talent

Makes = Callable[..., str]
REQUIRED = {"title", "description", "datePosted", "hiringOrganization", "jobLocation"}
"""Properties that Google requires of a JobPosting, besides its type."""
PROPERTIES = {
    *REQUIRED,
    *("@context", "@type", "validThrough", "identifier", "url", "employmentType", "baseSalary"),
    *("qualifications", "skills", "occupationalCategory", "jobLocationType"),
    "applicantLocationRequirements",
}
TYPES = {"FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "OTHER"}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PATTERN = "https://jobs.example.com/{id}"


def check(posting: dict[str, Any]) -> None:
    """Check a posting by the rules of search engines."""
    assert posting["@context"] == "https://schema.org/"
    assert posting["@type"] == "JobPosting"
    assert posting.keys() <= PROPERTIES
    missing = REQUIRED - posting.keys()
    assert missing <= ({"jobLocation"} if "jobLocationType" in posting else set())
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", posting["datePosted"])
    assert posting["hiringOrganization"]["name"]
    assert posting.get("employmentType", "OTHER") in TYPES
    for place in posting.get("jobLocation", ()):
        assert place["address"]["@type"] == "PostalAddress"
        assert place["address"]["addressCountry"]
    if "baseSalary" in posting:
        value = posting["baseSalary"]["value"]
        assert posting["baseSalary"]["currency"]
        assert value["unitText"] in {"HOUR", "DAY", "WEEK", "MONTH", "YEAR"}
        assert {"minValue", "maxValue"} & value.keys()


def posting_of(showcase: Showcase, ask: Asks, secret: str, remote_id: str = "dev") -> Any:
    return ask(f"jobs/{showcase.job(remote_id).id}/job-posting", secret)


def test_a_job_is_what_search_engines_expect(showcase: Showcase, ask: Asks, token: Makes) -> None:
    posting = posting_of(showcase, ask, token())
    check(posting)
    assert posting["title"] == "Développeuse full-stack"
    assert posting["datePosted"] == NOW.date().isoformat()
    assert posting["hiringOrganization"]["name"] == showcase.org.name
    assert posting["identifier"]["value"] == "dev"
    assert posting["url"] == "https://acme.example/offres/dev"
    (place,) = posting["jobLocation"]
    assert place["address"] == {
        "@type": "PostalAddress",
        "addressLocality": "Paris",
        "addressCountry": "FR",
    }


def test_hostile_markup_is_removed(showcase: Showcase, ask: Asks, token: Makes) -> None:
    path = f"jobs/{showcase.job('dev').id}/job-posting"
    response = send(path, token())
    assert response["Content-Type"] == "application/ld+json"
    assert b"<" not in response.content  # safe inside a page's script element
    description = json.loads(response.content)["description"]
    assert "<strong>features</strong>" in description
    assert not {"script", "onclick", "javascript", "iframe", "alert"} & set(
        re.findall(r"[a-z]+", description)
    )


def test_only_open_and_public_jobs_have_a_posting(
    showcase: Showcase, ask: Asks, token: Makes
) -> None:
    secret = token("records", "confidential")
    job = showcase.job("dev")
    now = datetime.now(UTC)
    changes: list[dict[str, Any]] = [
        *({"visibility": kind} for kind in ("CONFIDENTIAL", "INTERNAL", "UNLISTED")),
        *({"status": status} for status in ("DRAFT", "CLOSED", "ON_HOLD", "PENDING", "ARCHIVED")),
        {"closed_at": now - timedelta(days=1)},
        {"excluded_reason": "job_archived"},
        {"remote_deleted_at": now},
    ]
    before = {"visibility": "PUBLIC", "status": "OPEN", "closed_at": None}
    before |= {"excluded_reason": None, "remote_deleted_at": None}
    for change in changes:
        Job.objects.filter(id=job.id).update(**{**before, **change})
        problem = ask(f"jobs/{job.id}/job-posting", secret, 404)
        assert problem["code"] == "not_found", change
        assert problem["next_step"]
        assert "dev" not in {
            row["identifier"]["value"] for row in ask("job-postings", secret)["data"]
        }
        assert (
            str(job.id)
            not in send(f"job-postings/sitemap.xml?url={PATTERN}", secret).content.decode()
        )
    Job.objects.filter(id=job.id).update(**{**before, "visibility": None})
    check(ask(f"jobs/{job.id}/job-posting", secret))


def test_a_sitemap_reads_no_whole_jobs(showcase: Showcase, token: Makes) -> None:
    secret = token()
    with CaptureQueriesContext(connection) as queries:
        answer = send(f"job-postings/sitemap.xml?url={PATTERN}", secret)
    assert str(showcase.job("dev").id) in answer.content.decode()
    assert not [query for query in queries if "description_html" in query["sql"]]


def test_a_job_with_postings_needs_a_public_one(
    showcase: Showcase, ask: Asks, token: Makes
) -> None:
    job = showcase.job("dev")
    JobPosting.objects.filter(job=job, remote_id="dev-fr").update(is_internal=True)
    ask(f"jobs/{job.id}/job-posting", token(), 404)
    JobPosting.objects.filter(job=job).delete()
    posting = ask(f"jobs/{job.id}/job-posting", token())
    assert "url" not in posting


def test_attributes_from_the_ats_are_included(showcase: Showcase, ask: Asks, token: Makes) -> None:
    job = showcase.job("sales")
    end = datetime.now(UTC) + timedelta(days=30)
    Job.objects.filter(id=job.id).update(
        closed_at=end,
        employment_type="SEASONAL",
        remote_policy="REMOTE",
        skills=["CRM", "French"],
        requirements="<p>Five years</p>",
        category="Sales",
        description_html=None,
        pitch="Sell <us>",
        opened_at=NOW,
    )
    JobCompensation.objects.filter(job=job).update(is_public=True)
    JobLocation.objects.filter(job=job).update(lat=45.7, lon=4.8)
    posting = posting_of(showcase, ask, token(), "sales")
    check(posting)
    assert posting["employmentType"] == "TEMPORARY"
    assert posting["jobLocationType"] == "TELECOMMUTE"
    assert posting["applicantLocationRequirements"] == [{"@type": "Country", "name": "FR"}]
    assert posting["baseSalary"]["value"] == {
        "@type": "QuantitativeValue",
        "minValue": 40000.0,
        "maxValue": 50000.0,
        "unitText": "YEAR",
    }
    assert posting["skills"] == "CRM, French"
    assert posting["qualifications"] == "Five years"
    assert datetime.fromisoformat(posting["validThrough"]) == end
    assert posting["jobLocation"][0]["geo"]["latitude"] == 45.7
    JobCompensation.objects.filter(job=job).update(is_public=None)
    assert "baseSalary" not in posting_of(showcase, ask, token(), "sales")


def test_all_postings_come_page_by_page(showcase: Showcase, ask: Asks, token: Makes) -> None:
    secret = token()
    first = ask(f"job-postings?limit=1&url={PATTERN}", secret)
    second = ask(f"job-postings?limit=1&url={PATTERN}&cursor={first['next_cursor']}", secret)
    postings = first["data"] + second["data"]
    assert second["next_cursor"] is None
    for posting in postings:
        check(posting)
    jobs = {showcase.job(name).id for name in ("dev", "sales")}
    assert {posting["url"] for posting in postings} == {
        f"https://jobs.example.com/{key}" for key in jobs
    }


def test_a_sitemap_has_the_career_sites_addresses(showcase: Showcase, token: Makes) -> None:
    Job.objects.filter(org=showcase.org, remote_id="sales").update(remote_id="a/b & ü")
    pattern = "https://jobs.example.com/offres/{remote_id}?a=1%26b=<2>"
    response = send(f"job-postings/sitemap.xml?url={pattern}", token())
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    urls = ET.fromstring(response.content)
    assert urls.tag == f"{SITEMAP}urlset"
    addresses = {url.findtext(f"{SITEMAP}loc") for url in urls}
    assert addresses == {
        f"https://jobs.example.com/offres/{name}?a=1&b=<2>"
        for name in ("dev", "a%2Fb%20%26%20%C3%BC")
    }
    for url in urls:
        assert datetime.fromisoformat(url.findtext(f"{SITEMAP}lastmod") or "").tzinfo


@pytest.mark.parametrize(
    "url",
    ["", "jobs.example.com/{id}", "https://jobs.example.com/", "javascript:{id}", "ftp://x/{id}"],
)
def test_an_invalid_page_address_is_refused(
    showcase: Showcase, ask: Asks, token: Makes, url: str
) -> None:
    for path in ("job-postings", "job-postings/sitemap.xml"):
        assert ask(f"{path}?url={url}", token(), 422)["code"] == "bad_parameter"
    assert ask("job-postings/sitemap.xml", token(), 422)["code"] == "bad_parameter"


def resume_of(showcase: Showcase, ask: Asks, secret: str) -> Any:
    return ask(f"talents/{showcase.talent('elodie').id}/json-resume", secret)


def test_a_talent_is_a_json_resume(showcase: Showcase, ask: Asks, token: Makes) -> None:
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(
        current_company="Example",
        current_title="Engineer",
        summary="Ships.",
        location={"city": "Paris", "country_code": "FR", "raw": None},
    )
    resume = resume_of(showcase, ask, token("records", "contacts"))
    assert resume.keys() == {"$schema", "basics", "work", "meta"}
    assert resume["basics"] == {
        "name": "Élodie Müller",
        "label": "Ingénieure",
        "email": EMAIL,
        "phone": resume["basics"]["phone"],
        "summary": "Ships.",
        "location": {"city": "Paris", "countryCode": "FR"},
    }
    assert resume["basics"]["phone"].replace(" ", "") == PHONE.replace(" ", "")
    assert resume["work"] == [{"name": "Example", "position": "Engineer"}]
    assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}", resume["meta"]["lastModified"])


def test_contact_details_need_their_scope(showcase: Showcase, ask: Asks, token: Makes) -> None:
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(summary=f"Call {PHONE}")
    resume = resume_of(showcase, ask, token())
    assert not {"email", "phone", "url", "profiles"} & resume["basics"].keys()
    assert EMAIL not in json.dumps(resume)
    noted = AccessEvent.objects.filter(org=showcase.org, detail__contains={"what": "talents"})
    assert noted.count() == 1
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(do_not_contact_at=NOW)
    assert "email" not in resume_of(showcase, ask, token("records", "contacts"))["basics"]


def test_hidden_people_have_none(showcase: Showcase, ask: Asks, token: Makes) -> None:
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(is_private=True)
    path = f"talents/{showcase.talent('elodie').id}/json-resume"
    assert ask(path, token(), 404)["code"] == "not_found"
    assert ask(path, token("records", "confidential"))["basics"]["name"] == "Élodie Müller"
