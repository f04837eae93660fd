"""URLs of the demo, the guides and pages that moved."""

from django.urls import path
from django.views.generic import RedirectView

from jemmo.web.frame import demo, guides, moved

urlpatterns = [
    path("settings/", RedirectView.as_view(pattern_name="ats"), name="settings"),
    path("settings/organization/", RedirectView.as_view(pattern_name="ats"), name="organization"),
    path("settings/ats/", moved.ats, name="old_ats"),
    path("settings/ats/<path:rest>", moved.ats, name="old_ats_page"),
    path("demo/", demo.demo, name="demo"),
    path("help/guides/", guides.guides, name="guides"),
]
