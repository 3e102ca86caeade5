from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    # Other packages own the label "notifications"; labels are hard to change later.
    label = "hub_notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications import revocation

        revocation.connect_signals()
