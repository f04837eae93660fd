"""URLs of jobs, talents, their explanations and their quality."""

from django.urls import path

from jemmo.web.records import exports, jobs, quality, refresh, rules, talents, why

urlpatterns = [
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("jobs/download.csv", exports.download, {"kind": "jobs", "form": "csv"}, name="jobs_csv"),
    path(
        "jobs/download.jsonl",
        exports.download,
        {"kind": "jobs", "form": "jsonl"},
        name="jobs_jsonl",
    ),
    path("talents/", talents.listing, name="talents"),
    path(
        "talents/download.csv",
        exports.download,
        {"kind": "talents", "form": "csv"},
        name="talents_csv",
    ),
    path(
        "talents/download.jsonl",
        exports.download,
        {"kind": "talents", "form": "jsonl"},
        name="talents_jsonl",
    ),
    path("talents/<uuid:talent_id>/", talents.detail, name="talent"),
    path("talents/<uuid:talent_id>/contact/", talents.contact, name="talent_contact"),
    path("settings/organization/ats/rules/", rules.rules, name="ats_rules"),
    path("settings/why/", why.why, name="why"),
    path("settings/quality/", quality.quality, name="quality"),
    path("refresh/<slug:kind>/<uuid:record_id>/", refresh.record, name="refresh"),
]
