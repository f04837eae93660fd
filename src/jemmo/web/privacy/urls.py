"""URLs of the privacy settings."""

from django.urls import URLPattern, URLResolver, include, path

from jemmo.web.privacy import organization_deletion, requests, settings

PERSON = [
    path("", requests.person, name="privacy_person"),
    path("export/", requests.export, name="privacy_export"),
    path("erase/", requests.erase, name="privacy_erase"),
]

ERASURES = [
    path("", requests.certificates, name="privacy_certificates"),
    path("<uuid:erasure_id>/", requests.certificate, name="privacy_certificate"),
    path(
        "<uuid:erasure_id>/certificate.json",
        requests.certificate_file,
        name="privacy_certificate_file",
    ),
]

PRIVACY: list[URLPattern | URLResolver] = [
    path("", requests.requests, name="privacy"),
    path("people/<uuid:talent_id>/", include(PERSON)),
    path("erasures/", include(ERASURES)),
    path("retention/", settings.periods, name="privacy_retention"),
    path("retention/release/", settings.release, name="privacy_release"),
    path("access/", settings.access, name="privacy_access"),
    path("access/record.csv", settings.access_file, name="access_csv"),
    path("processing/", settings.record, name="privacy_processing"),
    path("processing/record.md", settings.record_file, name="record_md"),
    path("organisation/", organization_deletion.organisation, name="privacy_organisation"),
    path("organisation/undo/", organization_deletion.undo, name="organisation_undo"),
]

DELETED_ORGANIZATION = [
    path("", organization_deletion.certificate, name="organisation_deleted"),
    path(
        "certificate.json", organization_deletion.certificate_file, name="organisation_certificate"
    ),
]

urlpatterns = [
    path("settings/privacy/", include(PRIVACY)),
    path("organisations/deleted/<uuid:deletion_id>/", include(DELETED_ORGANIZATION)),
]
