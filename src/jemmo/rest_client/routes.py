"""Reduces an address to what a trace may contain: its path without anything from a record or an account."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext

from jemmo.domain.validation import split_address
from jemmo.tracing import NO_SPAN, Span, is_on, span

MAX_SEGMENTS = 12  # segments

_WORDS = """
activities api applicant applicants application_stages applications attachments candidate candidates channels
columns company contract-types contracts custom-field-options custom-field-selects custom-fields custom_fields
departments education-levels educationLevels experiences expire files introspect job-applications
job_interview_stages job_owners job_post_locations job_posts job_stages jobs languages locations metiers notes
offers offices pay_input_ranges pay_inputs people posts profiles project projects public-api reject-reasons
rejection_details rejection_reasons rest resumes roles search sources stages statuses tags team-memberships teams
token uploads users vacancies vacancy
"""
WORDS = frozenset(_WORDS.split())
"""Words that ATSs' paths consist of. Any other segment is shown as ``{}``, so a missing word only costs detail."""
_VERSION = re.compile(r"v\d{1,2}", re.ASCII)


def template(url: str) -> str:
    """Return an address's path with a placeholder for every segment that isn't a known word.

    >>> template("https://api.example.com/v1/candidates/4711?filter[email]=x")
    '/v1/candidates/{}'
    """
    try:
        path = split_address(url).path
    except ValueError:
        return "/{}"
    parts = path.strip("/").split("/")
    kept = [
        part if part in WORDS or _VERSION.fullmatch(part) else "{}" for part in parts[:MAX_SEGMENTS]
    ]
    return "/" + "/".join(kept)


def host(url: str) -> str:
    try:
        return split_address(url).hostname or ""
    except ValueError:
        return ""


def request_span(method: str, url: str) -> AbstractContextManager[Span]:
    """Open the span of a request to an ATS, which lasts until the end of its response."""
    if not is_on():
        return nullcontext(NO_SPAN)
    path = template(url)
    return span(f"{method} {path}", "client", method=method, host=host(url), template=path)
