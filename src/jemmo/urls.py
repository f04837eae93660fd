"""All addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

from jemmo.web.accounts import OwnAddress
from jemmo.web.health import healthz, metrics, readyz

admin.autodiscover()
# Two steps there as well, where they are set up.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/email/", login_required(OwnAddress.as_view()), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("jemmo.web.urls")),
]

handler400 = "jemmo.web.views.errors.bad_request"
handler403 = "jemmo.web.views.errors.forbidden"
handler404 = "jemmo.web.views.errors.not_found"
handler500 = "jemmo.web.views.errors.failed"
