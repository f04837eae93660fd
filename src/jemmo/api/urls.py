"""The addresses of the API."""

from django.urls import path

from jemmo.api.app import api

urlpatterns = [path("", api.urls)]
