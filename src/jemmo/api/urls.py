"""The URLs of the API."""

from django.urls import path

from jemmo.api.app import api
from jemmo.api.reference import page

urlpatterns = [path("docs", page, name="api_reference"), path("", api.urls)]
