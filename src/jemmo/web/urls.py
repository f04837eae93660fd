"""All URLs of the pages, in one namespace."""

from django.urls import include, path

AREAS = [
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

urlpatterns = [path("", include(f"jemmo.web.{area}.urls")) for area in AREAS]
