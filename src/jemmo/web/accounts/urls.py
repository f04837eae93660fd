"""URLs of people, members, API tokens and the organization."""

from django.urls import include, path

from jemmo.web.accounts import members, preferences, profile, start, tokens

MEMBERS = [
    path("", members.listing, name="members"),
    path("invite/", members.invite, name="member_invite"),
    path("<int:membership_id>/role/", members.role, name="member_role"),
    path("<int:membership_id>/confidential/", members.confidential, name="member_confidential"),
    path("<int:membership_id>/notes/", members.notes, name="member_notes"),
    path("<int:membership_id>/remove/", members.remove, name="member_remove"),
    path("invitations/<uuid:invitation_id>/revoke/", members.revoke, name="invitation_revoke"),
]

urlpatterns = [
    path("", start.home, name="home"),
    path("favicon.ico", start.favicon, name="favicon"),
    path("start/", start.first_owner, name="first_owner"),
    path("no-organisation/", start.no_organisation, name="no_organisation"),
    path("settings/members/", include(MEMBERS)),
    path("settings/api/", tokens.listing, name="api_tokens"),
    path("settings/api/create/", tokens.create, name="api_token_create"),
    path("settings/api/<uuid:token_id>/revoke/", tokens.revoke, name="api_token_revoke"),
    path("settings/profile/", profile.profile, name="profile"),
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/screenshot/", preferences.screenshot, name="screenshot"),
    path("preferences/organisation/", preferences.organisation, name="organisation"),
]
