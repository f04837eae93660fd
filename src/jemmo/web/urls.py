"""The pages' addresses."""

from django.urls import path

from jemmo.web.views import (
    jobs,
    members,
    preferences,
    profile,
    settings,
    start,
    status,
    support,
    talents,
)

urlpatterns = [
    path("", start.home, name="home"),
    path("favicon.ico", start.favicon, name="favicon"),
    path("start/", start.first_owner, name="first_owner"),
    path("no-organisation/", start.no_organisation, name="no_organisation"),
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("talents/", talents.listing, name="talents"),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("settings/ats/", settings.connections, name="ats"),
    path("settings/ats/<uuid:run_id>/", settings.run, name="sync_run"),
    path("settings/members/", members.listing, name="members"),
    path("settings/members/invite/", members.invite, name="member_invite"),
    path("settings/members/<int:membership_id>/role/", members.role, name="member_role"),
    path("settings/members/<int:membership_id>/remove/", members.remove, name="member_remove"),
    path(
        "settings/members/invitations/<uuid:invitation_id>/revoke/",
        members.revoke,
        name="invitation_revoke",
    ),
    path("settings/profile/", profile.profile, name="profile"),
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("help/", support.ask, name="help"),
    path("help/thread/", support.thread, name="help_thread"),
    path("help/badge/", support.badge, name="help_badge"),
    path("status/", status.fragment, name="sync_status"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/screenshot/", preferences.screenshot, name="screenshot"),
    path("preferences/organisation/", preferences.organisation, name="organisation"),
]
