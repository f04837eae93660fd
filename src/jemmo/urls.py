"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from jemmo.web.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("jemmo.web.urls")),
]

handler400 = "jemmo.web.views.errors.bad_request"
handler403 = "jemmo.web.views.errors.forbidden"
handler404 = "jemmo.web.views.errors.not_found"
handler500 = "jemmo.web.views.errors.failed"
