from django.apps import AppConfig


class HubConfig(AppConfig):
    """The engine's app. It has no models."""

    name = "hub"

    def ready(self) -> None:
        from hub import checks  # noqa: F401  (they register themselves)
