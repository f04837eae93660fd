from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jemmo.web"
    label = "web"
