"""URLs of a connection's webhook settings."""

from django.urls import path

from jemmo.web.webhooks import webhooks

urlpatterns = [
    path(
        "settings/organization/ats/<uuid:connection_id>/webhooks/",
        webhooks.page,
        name="ats_webhooks",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/webhooks/address/",
        webhooks.address,
        name="ats_webhook_address",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/webhooks/renew/",
        webhooks.renew,
        name="ats_webhook_renew",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/webhooks/key/",
        webhooks.signing_key,
        name="ats_webhook_key",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/webhooks/replay/",
        webhooks.replay,
        name="ats_webhook_replay",
    ),
]
