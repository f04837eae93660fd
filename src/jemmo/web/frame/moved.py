"""Former URLs, for bookmarks, e-mails, and pages that were open during an upgrade."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

OLD_ATS = "/settings/ats/"


def ats(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Redirect to the ATS integration in the organization's settings, including posted forms."""
    address = request.get_full_path().replace(OLD_ATS, reverse("ats"), 1)
    return HttpResponsePermanentRedirect(address, preserve_request=True)
