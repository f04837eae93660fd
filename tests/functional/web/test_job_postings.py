"""A job's postings: shown on its page and in exports, and hidden with the job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from fakes.company import Company
from fakes.markup import collapsed
from fakes.running import run_source
from fakes.showcase import Showcase
from fakes.source import FakeSource

from jemmo.domain.enums import JobVisibility, PostingStatus
from jemmo.domain.records import Location, Posting
from jemmo.domain.streams import Stream, StreamSpec
from jemmo.store.db.scope import Scope, acting_in
from jemmo.store.models import Job, JobPosting, JobPostingLocation
from jemmo.store.records.export import Reader, exported

SignedIn = Callable[[str], Client]


def page_of(showcase: Showcase, signed_in: SignedIn, job: str = "dev") -> str:
    answer = signed_in("viewer").get(reverse("job", args=[showcase.job(job).id]))
    return collapsed(answer.content.decode())


def postings(showcase: Showcase) -> dict[str, dict[str, object]]:
    rows = exported("postings", showcase.org, Reader(unseal=None))
    return {row["remote_id"]: row for row in rows}


def test_the_page_lists_each_with_language_status_and_places(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    page = page_of(showcase, signed_in)

    section = page.partition('id="postings"')[2].partition("</section>")[0]
    first, second = section.split("<details")[1:]
    for text in ("Développeuse ou développeur", "Published", "French", "Paris", "Nantes"):
        assert text in first
    assert 'href="https://acme.example/offres/dev"' in first
    for text in ("Developer", "Draft", "English", "For employees only"):
        assert text in second


def test_hostile_markup_and_addresses_are_removed(showcase: Showcase, signed_in: SignedIn) -> None:
    section = page_of(showcase, signed_in).partition('id="postings"')[2].partition("</section>")[0]

    assert "<strong>features</strong>" in section
    for danger in ("onclick", "alert(", "javascript:", "<img", "<iframe"):
        assert danger not in section


def test_a_job_without_any_has_no_section(showcase: Showcase, signed_in: SignedIn) -> None:
    assert 'id="postings"' not in page_of(showcase, signed_in, "sales")


def test_exports_contain_the_postings_of_visible_jobs(showcase: Showcase) -> None:
    rows = postings(showcase)

    assert rows.keys() == {"dev-fr", "dev-en"}
    row = rows["dev-fr"]
    assert (row["job_id"], row["job_remote_id"]) == (showcase.job("dev").id, "dev")
    assert [place["city"] for place in row["locations"]] == ["Paris", "Nantes"]  # type: ignore[attr-defined]


def test_postings_of_a_confidential_job_are_confidential(showcase: Showcase) -> None:
    Job.objects.filter(id=showcase.job("dev").id).update(visibility=JobVisibility.CONFIDENTIAL)

    with acting_in(Scope(org=showcase.org.id)):
        seen = set(JobPosting.objects.values_list("remote_id", flat=True))
    with acting_in(Scope(org=showcase.org.id, confidential=True)):
        all_of_them = set(JobPosting.objects.values_list("remote_id", flat=True))

    assert seen == {"archived-fr"}
    assert all_of_them == {"dev-fr", "dev-en", "archived-fr"}


def test_places_are_replaced_with_their_posting(showcase: Showcase, database_url: str) -> None:
    job = showcase.job("dev")
    changed = Posting(
        remote_id="dev-fr",
        job_remote_id="dev",
        status=PostingStatus.INACTIVE,
        locations=(Location(city="Lille"),),
    )
    specs = [StreamSpec(name=Stream.POSTINGS, cursor="updated")]
    source = FakeSource({Stream.POSTINGS: [[changed]]}, specs=specs)
    asyncio.run(run_source(source, Company(database_url, job.connection_id)))

    posting = JobPosting.objects.get(remote_id="dev-fr")
    places = JobPostingLocation.objects.filter(job_posting_id=posting.id)
    assert [place.city for place in places] == ["Lille"]
    assert [place.city for place in job.locations.all()] == ["Paris"]
