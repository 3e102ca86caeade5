from types import ModuleType

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub import conf


class HubConfig(AppConfig):
    """The engine's app. It has no models."""

    name = "hub"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        conf.add_missing()  # before a model is imported, whatever the order of the apps

    def ready(self) -> None:
        from hub import checks  # noqa: F401  (they register themselves)
        from hub.policies import current, policy

        try:
            current.policies.configure(settings.HUB_TOPICS)
        except policy.BadPolicy as bad:
            where = f"HUB_TOPICS: {bad.field}".removesuffix(": ")
            raise ImproperlyConfigured(f"{where}: {bad}") from None
