"""The pages' addresses."""

from django.urls import path

from jemmo.web.views import files, jobs, preferences, settings, start, status, talents

urlpatterns = [
    path("", start.home, name="home"),
    path("start/", start.first_owner, name="first_owner"),
    path("no-organisation/", start.no_organisation, name="no_organisation"),
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("talents/", talents.listing, name="talents"),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("files/<uuid:version_id>/", files.detail, name="file"),
    path("files/<uuid:version_id>/download/", files.link, name="file_link"),
    path("files/<uuid:version_id>/image/", files.link, {"inline": True}, name="file_image"),
    path("files/bytes/<str:token>/", files.content, name="file_bytes"),
    path("settings/ats/", settings.connections, name="ats"),
    path("settings/ats/<uuid:run_id>/", settings.run, name="sync_run"),
    path("status/", status.fragment, name="sync_status"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/organisation/", preferences.organisation, name="organisation"),
]
