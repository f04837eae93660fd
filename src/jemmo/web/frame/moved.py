"""Addresses that pages once had, for bookmarks, e-mails, and pages that were open during an upgrade."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

OLD_ATS = "/settings/ats/"


def ats(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The ATS integration is a part of the organization's settings. A form that is posted arrives there, too."""
    address = request.get_full_path().replace(OLD_ATS, reverse("ats"), 1)
    return HttpResponsePermanentRedirect(address, preserve_request=True)
