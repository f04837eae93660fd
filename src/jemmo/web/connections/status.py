"""The sync status in the header, requested again while a sync runs."""

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.web.frame.access import MemberRequest, member


@member
def fragment(request: MemberRequest) -> HttpResponse:
    return render(request, "connections/sync_status.html")
