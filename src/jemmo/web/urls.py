"""The pages' addresses."""

from django.urls import path
from django.views.generic import RedirectView

from jemmo.web.accounts import members, organization_deletion, preferences, profile, start, tokens
from jemmo.web.connections import ats, connection, deletions, logs, schedule, status, sync, wizard
from jemmo.web.files import files
from jemmo.web.frame import demo, guides, moved
from jemmo.web.notifications import live, notifications, support
from jemmo.web.privacy import requests, settings
from jemmo.web.records import jobs, quality, refresh, rules, talents, why
from jemmo.web.webhooks import webhooks

urlpatterns = [
    path("", start.home, name="home"),
    path("favicon.ico", start.favicon, name="favicon"),
    path("start/", start.first_owner, name="first_owner"),
    path("no-organisation/", start.no_organisation, name="no_organisation"),
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("talents/", talents.listing, name="talents"),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("talents/<uuid:talent_id>/contact/", talents.contact, name="talent_contact"),
    path("settings/privacy/", requests.requests, name="privacy"),
    path("settings/privacy/people/<uuid:talent_id>/", requests.person, name="privacy_person"),
    path(
        "settings/privacy/people/<uuid:talent_id>/export/", requests.export, name="privacy_export"
    ),
    path("settings/privacy/people/<uuid:talent_id>/erase/", requests.erase, name="privacy_erase"),
    path("settings/privacy/erasures/", requests.certificates, name="privacy_certificates"),
    path(
        "settings/privacy/erasures/<uuid:erasure_id>/",
        requests.certificate,
        name="privacy_certificate",
    ),
    path(
        "settings/privacy/erasures/<uuid:erasure_id>/certificate.json",
        requests.certificate_file,
        name="privacy_certificate_file",
    ),
    path("settings/privacy/retention/", settings.periods, name="privacy_retention"),
    path("settings/privacy/retention/release/", settings.release, name="privacy_release"),
    path("settings/privacy/access/", settings.access, name="privacy_access"),
    path("settings/privacy/access/record.csv", settings.access_file, name="access_csv"),
    path("settings/privacy/processing/", settings.record, name="privacy_processing"),
    path("settings/privacy/processing/record.md", settings.record_file, name="record_md"),
    path(
        "settings/privacy/organisation/",
        organization_deletion.organisation,
        name="privacy_organisation",
    ),
    path(
        "settings/privacy/organisation/undo/", organization_deletion.undo, name="organisation_undo"
    ),
    path(
        "organisations/deleted/<uuid:deletion_id>/",
        organization_deletion.certificate,
        name="organisation_deleted",
    ),
    path(
        "organisations/deleted/<uuid:deletion_id>/certificate.json",
        organization_deletion.certificate_file,
        name="organisation_certificate",
    ),
    path("settings/", RedirectView.as_view(pattern_name="ats"), name="settings"),
    path("settings/organization/", RedirectView.as_view(pattern_name="ats"), name="organization"),
    path("settings/organization/ats/", ats.connections, name="ats"),
    path("settings/organization/ats/connect/", wizard.choose, name="ats_choose"),
    path("settings/organization/ats/connect/<slug:provider>/", wizard.connect, name="ats_connect"),
    path("settings/organization/ats/rules/", rules.rules, name="ats_rules"),
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
    path("settings/ats/", moved.ats, name="old_ats"),
    path("settings/ats/<path:rest>", moved.ats, name="old_ats_page"),
    path("settings/logs/", logs.logs, name="logs"),
    path("settings/logs/download.csv", logs.download, {"form": "csv"}, name="logs_csv"),
    path("settings/logs/download.jsonl", logs.download, {"form": "jsonl"}, name="logs_jsonl"),
    path("settings/why/", why.why, name="why"),
    path("settings/quality/", quality.quality, name="quality"),
    path("settings/members/", members.listing, name="members"),
    path("settings/members/invite/", members.invite, name="member_invite"),
    path("settings/members/<int:membership_id>/role/", members.role, name="member_role"),
    path(
        "settings/members/<int:membership_id>/confidential/",
        members.confidential,
        name="member_confidential",
    ),
    path("settings/members/<int:membership_id>/remove/", members.remove, name="member_remove"),
    path(
        "settings/members/invitations/<uuid:invitation_id>/revoke/",
        members.revoke,
        name="invitation_revoke",
    ),
    path("settings/api/", tokens.listing, name="api_tokens"),
    path("settings/api/create/", tokens.create, name="api_token_create"),
    path("settings/api/<uuid:token_id>/revoke/", tokens.revoke, name="api_token_revoke"),
    path("settings/profile/", profile.profile, name="profile"),
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("help/", support.ask, name="help"),
    path("demo/", demo.demo, name="demo"),
    path("help/guides/", guides.guides, name="guides"),
    path("help/thread/", support.thread, name="help_thread"),
    path("help/pictures/<int:number>/", support.picture, name="help_picture"),
    path("help/badge/", support.badge, name="help_badge"),
    path("events/", live.stream, name="events"),
    path("notifications/", notifications.listing, name="notification_list"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
    path("notifications/<int:number>/", notifications.toast, name="notification_toast"),
    path("settings/notifications/", notifications.settings, name="notifications"),
    path("refresh/<slug:kind>/<uuid:record_id>/", refresh.record, name="refresh"),
    path("sync/<slug:only>/", sync.icon, name="sync_icon"),
    path("files/<uuid:version_id>/", files.detail, name="file"),
    path("files/<uuid:version_id>/download/", files.link, name="file_link"),
    path("files/<uuid:version_id>/image/", files.link, {"inline": True}, name="file_image"),
    path("files/bytes/<str:token>/", files.content, name="file_bytes"),
    path("status/", status.fragment, name="sync_status"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/screenshot/", preferences.screenshot, name="screenshot"),
    path("preferences/organisation/", preferences.organisation, name="organisation"),
]
