"""Django's admin: most rows are read-only here, as they are written by the dashboard and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications import erasure
from notifications.access import audit
from notifications.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    Grant,
    IdempotentRequest,
    Notification,
    Preference,
    PreferenceChange,
    Reading,
    Room,
    RoomMessage,
    Sending,
    Subscription,
    Template,
    Ticket,
    Watermark,
)
from notifications.user_model import User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    Users = UserAdmin[User]
else:
    ModelAdmin = admin.ModelAdmin
    Users = UserAdmin


class NoAddAdmin(ModelAdmin):
    """Rows that are created elsewhere; long lists, so they are not counted twice."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class ReadOnlyAdmin(NoAddAdmin):
    """Rows that are created and changed elsewhere."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def page_of_users() -> Any:
    """The admin page of the user model; None if it has none."""
    users = get_user_model()
    return admin.site.get_model_admin(users) if admin.site.is_registered(users) else None


class PersonAdmin(Users):
    """Deleting a user here erases the person, like `manage.py forget`. Not on a project's own page."""

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        erasure.forget(obj, actor=request.user, address=request.META.get("REMOTE_ADDR", ""))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


if type(page_of_users()) is UserAdmin:
    admin.site.unregister(get_user_model())
    admin.site.register(get_user_model(), PersonAdmin)


class PersonFieldsAdmin(ModelAdmin):
    """Its people are chosen by a search where the user model's page has one, else by key."""

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        page = page_of_users()
        return self.raw_id_fields if page is not None and page.search_fields else ()


@admin.register(Sending)
class SendingAdmin(ReadOnlyAdmin):
    """What was sent, and by whom."""

    list_display = ("title", "sender", "to", "created_at", "due_at")
    search_fields = ("title", "sender")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Notifications with their state of publication."""

    list_display = (
        *("title", "topic", "severity", "category", "due_at", "position"),
        *("recalled_at", "recalled_by", "failed_at"),
    )
    list_filter = ("severity",)
    search_fields = ("title", "topic")


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin):
    """Read states."""

    list_display = ("user", "notification", "seen_at", "read_at", "clicked_at", "archived_at")


@admin.register(Watermark)
class WatermarkAdmin(ReadOnlyAdmin):
    """Where people read, or saw, everything at once."""

    list_display = ("user", "topic", "read", "upto", "at")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries and their acknowledgements per instance."""

    list_display = ("notification", "instance", "at", "late", "acknowledged", "size")
    list_filter = ("late", "acknowledged")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Without a constraint, a notification may be missing: an outer join keeps the row.
        return super().get_queryset(request).select_related("notification")


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    """Templates are edited on the dashboard, which records who did."""

    list_display = ("name", "title", "category", "severity")
    search_fields = ("name", "title")


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    """Current preferences."""

    list_display = ("user", "choices", "quiet_hours")
    list_select_related = ("user",)


@admin.register(PreferenceChange)
class PreferenceChangeAdmin(ReadOnlyAdmin):
    """The history of preferences."""

    list_display = ("user", "at", "choices", "quiet_hours")
    list_select_related = ("user",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log, which cannot be deleted either."""

    list_display = ("at", "actor", "act", "target", "address")
    list_filter = ("act",)
    search_fields = ("actor", "target")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(NoAddAdmin):
    """Created on the dashboard or by `manage.py apikey`, which show it; here it is revoked, for good."""

    list_display = ("name", "scopes", "topics", "created_at", "last_used_at", "revoked_at")
    _fixed = ("name", "scopes", "topics", "opens_private", "may_broadcast", "created_at", "last_used_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self._fixed, "revoked_at") if obj is not None and obj.revoked_at else self._fixed

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "revoked_at" in form.changed_data:
            audit.record(request, "revoke-key", obj.name)

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        audit.record(request, "revoke-key", obj.name, deleted=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            self.delete_model(request, key)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """Unused tickets."""

    list_display = ("__str__",)
    fields = ("expires_at",)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin):
    """Stored requests with an `Idempotency-Key`."""

    list_display = ("key", "api_key", "created_at")
    list_select_related = ("api_key",)


@admin.register(Subscription)
class SubscriptionAdmin(PersonFieldsAdmin):
    """Which topics users follow."""

    list_display = ("user", "topic")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_fields = ("topic",)


@admin.register(Grant)
class GrantAdmin(ModelAdmin):
    """Which live topics groups may read."""

    list_display = ("pattern", "group")
    list_select_related = ("group",)


@admin.register(Room)
class RoomAdmin(PersonFieldsAdmin):
    """Name and kind cannot be changed: URLs contain the name, and the kind reads the stored messages."""

    list_display = ("name", "kind", "audience", "group", "closed_at")
    list_filter = ("kind", "audience")
    list_select_related = ("group",)
    search_fields = ("name",)
    raw_id_fields = ("people", "removed")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name", "kind")


@admin.register(RoomMessage)
class RoomMessageAdmin(ReadOnlyAdmin):
    """Stored messages of rooms."""

    list_display = ("room", "position", "name", "body", "at")
    list_select_related = ("room",)
    ordering = ("-pk",)
    search_fields = ("room__name",)
