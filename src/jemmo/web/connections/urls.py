"""URLs of the ATS settings, the schedule, the logs and the sync."""

from django.urls import URLPattern, URLResolver, include, path

from jemmo.web.connections import ats, connection, deletions, logs, schedule, status, sync, wizard

OF_CONNECTION = [
    path("", ats.connection, name="ats_connection"),
    path("card/", ats.card, name="ats_card"),
    path("progress/", ats.progress, name="ats_progress"),
    path("plan/", wizard.plan, name="ats_plan"),
    path("sync/", connection.sync, name="ats_sync"),
    path("compare/", connection.compare, name="ats_compare"),
    path("resync/", connection.resync, name="ats_resync"),
    path("pause/", connection.pause, name="ats_pause"),
    path("resume/", connection.resume, name="ats_resume"),
    path("test/", connection.test, name="ats_test"),
    path("key/", connection.key, name="ats_key"),
    path("revoked/", connection.revoked, name="ats_revoked"),
    path("edit/", connection.edit, name="ats_edit"),
    path("disconnect/", connection.disconnect, name="ats_disconnect"),
    path("deletions/<slug:stream>/", deletions.decide, name="ats_deletions"),
]

ATS: list[URLPattern | URLResolver] = [
    path("", ats.connections, name="ats"),
    path("connect/", wizard.choose, name="ats_choose"),
    path("connect/<slug:provider>/", wizard.connect, name="ats_connect"),
    path("runs/<uuid:run_id>/", ats.run, name="sync_run"),
    path("<uuid:connection_id>/", include(OF_CONNECTION)),
]

urlpatterns = [
    path("settings/organization/ats/", include(ATS)),
    path("settings/schedule/", schedule.schedule, name="schedule"),
    path("settings/logs/", logs.logs, name="logs"),
    path("settings/logs/download.csv", logs.download, {"form": "csv"}, name="logs_csv"),
    path("settings/logs/download.jsonl", logs.download, {"form": "jsonl"}, name="logs_jsonl"),
    path("sync/<slug:only>/", sync.icon, name="sync_icon"),
    path("status/", status.fragment, name="sync_status"),
]
