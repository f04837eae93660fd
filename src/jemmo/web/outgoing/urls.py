"""URLs of outgoing webhooks."""

from django.urls import path

from jemmo.web.outgoing import endpoints

HERE = "settings/api/webhooks/"

urlpatterns = [
    path(HERE, endpoints.listing, name="endpoints"),
    path(f"{HERE}create/", endpoints.create, name="endpoint_create"),
    path(f"{HERE}<uuid:endpoint_id>/", endpoints.page, name="endpoint"),
    path(f"{HERE}<uuid:endpoint_id>/edit/", endpoints.edit, name="endpoint_edit"),
    path(f"{HERE}<uuid:endpoint_id>/test/", endpoints.send_test, name="endpoint_test"),
    path(f"{HERE}<uuid:endpoint_id>/rotate/", endpoints.rotate, name="endpoint_rotate"),
    path(
        f"{HERE}<uuid:endpoint_id>/old-secret/",
        endpoints.end_old_secret,
        name="endpoint_old_secret",
    ),
    path(f"{HERE}<uuid:endpoint_id>/switch/", endpoints.switch, name="endpoint_switch"),
    path(f"{HERE}<uuid:endpoint_id>/replay/", endpoints.replay, name="endpoint_replay"),
    path(f"{HERE}<uuid:endpoint_id>/delete/", endpoints.delete, name="endpoint_delete"),
]
