"""The pages' addresses."""

from django.urls import path

from jemmo.web.views import (
    jobs,
    live,
    notifications,
    preferences,
    settings,
    start,
    status,
    sync,
    talents,
)

urlpatterns = [
    path("", start.home, name="home"),
    path("start/", start.first_owner, name="first_owner"),
    path("no-organisation/", start.no_organisation, name="no_organisation"),
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("talents/", talents.listing, name="talents"),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("settings/ats/", settings.connections, name="ats"),
    path("settings/ats/<uuid:run_id>/", settings.run, name="sync_run"),
    path("events/", live.stream, name="events"),
    path("notifications/", notifications.listing, name="notification_list"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
    path("notifications/<int:number>/", notifications.toast, name="notification_toast"),
    path("settings/notifications/", notifications.settings, name="notifications"),
    path("sync/<slug:only>/", sync.icon, name="sync_icon"),
    path("status/", status.fragment, name="sync_status"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/organisation/", preferences.organisation, name="organisation"),
]
