"""All addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from jemmo.mcp.endpoint import endpoint
from jemmo.web.accounts import address
from jemmo.web.accounts.reset import ResetPassword
from jemmo.web.admin import only_support
from jemmo.web.frame.health import healthz, metrics, readyz

admin.autodiscover()
only_support()
# Includes two-step sign-in, if it is set up.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/email/", address.address, name="account_email"),
    path("accounts/email/keep/", address.forget, name="account_email_keep"),
    path("accounts/email/prove/", address.prove, name="account_email_prove"),
    path("accounts/email/confirm/<str:token>/", address.confirm, name="account_email_confirm"),
    path("accounts/password/reset/", ResetPassword.as_view(), name="account_reset_password"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("jemmo.api.urls")),
    path("mcp", endpoint),
    path("", include("jemmo.web.urls")),
]

handler400 = "jemmo.web.frame.errors.bad_request"
handler403 = "jemmo.web.frame.errors.forbidden"
handler404 = "jemmo.web.frame.errors.not_found"
handler500 = "jemmo.web.frame.errors.failed"
