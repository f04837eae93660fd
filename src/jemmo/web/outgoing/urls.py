"""URLs of outgoing webhooks."""

from django.urls import URLPattern, URLResolver, include, path

from jemmo.web.outgoing import endpoints

ENDPOINT = [
    path("", endpoints.page, name="endpoint"),
    path("edit/", endpoints.edit, name="endpoint_edit"),
    path("test/", endpoints.send_test, name="endpoint_test"),
    path("rotate/", endpoints.rotate, name="endpoint_rotate"),
    path("old-secret/", endpoints.end_old_secret, name="endpoint_old_secret"),
    path("switch/", endpoints.switch, name="endpoint_switch"),
    path("replay/", endpoints.replay, name="endpoint_replay"),
    path("delete/", endpoints.delete, name="endpoint_delete"),
]

ENDPOINTS: list[URLPattern | URLResolver] = [
    path("", endpoints.listing, name="endpoints"),
    path("create/", endpoints.create, name="endpoint_create"),
    path("<uuid:endpoint_id>/", include(ENDPOINT)),
]

urlpatterns = [path("settings/api/webhooks/", include(ENDPOINTS))]
