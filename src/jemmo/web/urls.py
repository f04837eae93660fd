"""All URLs of the pages, in one namespace."""

from django.urls import include, path

ROOMS = [
    "accounts",
    "records",
    "files",
    "connections",
    "webhooks",
    "outgoing",
    "privacy",
    "notifications",
    "frame",
]

urlpatterns = [path("", include(f"jemmo.web.{room}.urls")) for room in ROOMS]
