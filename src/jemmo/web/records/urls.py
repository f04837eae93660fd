"""Addresses of jobs, talents, their explanations and their quality."""

from django.urls import path

from jemmo.web.records import jobs, quality, refresh, rules, talents, why

urlpatterns = [
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("talents/", talents.listing, name="talents"),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("talents/<uuid:talent_id>/contact/", talents.contact, name="talent_contact"),
    path("settings/organization/ats/rules/", rules.rules, name="ats_rules"),
    path("settings/why/", why.why, name="why"),
    path("settings/quality/", quality.quality, name="quality"),
    path("refresh/<slug:kind>/<uuid:record_id>/", refresh.record, name="refresh"),
]
