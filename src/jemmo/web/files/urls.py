"""URLs of files."""

from django.urls import path

from jemmo.web.files import files

urlpatterns = [
    path("files/<uuid:version_id>/", files.detail, name="file"),
    path("files/<uuid:version_id>/download/", files.link, name="file_link"),
    path("files/<uuid:version_id>/image/", files.link, {"inline": True}, name="file_image"),
    path("files/bytes/<str:token>/", files.content, name="file_bytes"),
]
