"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from jemmo.web.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
