"""The app's configuration, and that of the admin."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class NotificationsConfig(AppConfig):
    """Registers the app's types of events and kinds of rooms with the hub, and connects its signals."""

    name = "notifications"
    # Other packages own the label "notifications"; labels are hard to change later.
    label = "hub_notifications"
    default = True
    verbose_name = "Notification hub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core import checks

        from hub import topics
        from hub.policies.current import policies
        from notifications import serialization
        from notifications.access import belongings, held_sendings, revocation
        from notifications.access.issuers import checks as issuer_checks
        from notifications.access.policies import rows
        from notifications.host import checks as host_checks  # noqa: F401  # they register themselves
        from notifications.rooms import kinds, removal
        from notifications.sign_in import audit_log

        topics.reserve_types(serialization.EVENT_TYPES)
        policies.read_rows = rows.read
        checks.register(issuer_checks.check, "hub")
        kinds.register_all()
        belongings.connect_signals()
        held_sendings.connect_signals()
        removal.connect_signals()
        revocation.connect_signals()
        audit_log.connect_signals()


class AdminConfig(admin.AdminConfig):
    """Django's admin, on the site that asks for a second factor."""

    """Django's admin behind the hub's sign-in."""

    default = False
    default_site = "notifications.sign_in.admin_site.AdminSite"
