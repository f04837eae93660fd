from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "jemmo.web"
    label = "web"

    def ready(self) -> None:
        from jemmo.services.accounts import two_step  # noqa: F401, PLC0415 - its signals; models are ready only now
