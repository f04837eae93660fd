"""URLs of the ATS settings, the schedule, the logs and the sync."""

from django.urls import path

from jemmo.web.connections import ats, connection, deletions, logs, schedule, status, sync, wizard

urlpatterns = [
    path("settings/organization/ats/", ats.connections, name="ats"),
    path("settings/organization/ats/connect/", wizard.choose, name="ats_choose"),
    path("settings/organization/ats/connect/<slug:provider>/", wizard.connect, name="ats_connect"),
    path("settings/schedule/", schedule.schedule, name="schedule"),
    path("settings/organization/ats/runs/<uuid:run_id>/", ats.run, name="sync_run"),
    path("settings/organization/ats/<uuid:connection_id>/", ats.connection, name="ats_connection"),
    path("settings/organization/ats/<uuid:connection_id>/card/", ats.card, name="ats_card"),
    path(
        "settings/organization/ats/<uuid:connection_id>/progress/",
        ats.progress,
        name="ats_progress",
    ),
    path("settings/organization/ats/<uuid:connection_id>/plan/", wizard.plan, name="ats_plan"),
    path("settings/organization/ats/<uuid:connection_id>/sync/", connection.sync, name="ats_sync"),
    path(
        "settings/organization/ats/<uuid:connection_id>/compare/",
        connection.compare,
        name="ats_compare",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/resync/",
        connection.resync,
        name="ats_resync",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/pause/", connection.pause, name="ats_pause"
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/resume/",
        connection.resume,
        name="ats_resume",
    ),
    path("settings/organization/ats/<uuid:connection_id>/test/", connection.test, name="ats_test"),
    path("settings/organization/ats/<uuid:connection_id>/key/", connection.key, name="ats_key"),
    path(
        "settings/organization/ats/<uuid:connection_id>/revoked/",
        connection.revoked,
        name="ats_revoked",
    ),
    path("settings/organization/ats/<uuid:connection_id>/edit/", connection.edit, name="ats_edit"),
    path(
        "settings/organization/ats/<uuid:connection_id>/disconnect/",
        connection.disconnect,
        name="ats_disconnect",
    ),
    path(
        "settings/organization/ats/<uuid:connection_id>/deletions/<slug:stream>/",
        deletions.decide,
        name="ats_deletions",
    ),
    path("settings/logs/", logs.logs, name="logs"),
    path("settings/logs/download.csv", logs.download, {"form": "csv"}, name="logs_csv"),
    path("settings/logs/download.jsonl", logs.download, {"form": "jsonl"}, name="logs_jsonl"),
    path("sync/<slug:only>/", sync.icon, name="sync_icon"),
    path("status/", status.fragment, name="sync_status"),
]
