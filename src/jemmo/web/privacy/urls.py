"""URLs of the privacy settings."""

from django.urls import path

from jemmo.web.privacy import organization_deletion, requests, settings

urlpatterns = [
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
]
