"""The rows, for whoever must look behind the pages. What was said is looked at here, not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
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
    Line,
    Notification,
    Preference,
    PreferenceChange,
    Reading,
    Room,
    Sending,
    Subscription,
    Template,
    Ticket,
)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    Users = UserAdmin[User]
else:
    ModelAdmin = admin.ModelAdmin
    Users = UserAdmin


class Unmade(ModelAdmin):
    """Rows that are made elsewhere; the lists may be long, so they are not counted twice."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class Unchanged(Unmade):
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(Users):
    """Whoever is deleted here is erased: `manage.py forget` does the same."""

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        erasure.forget(obj, actor=request.user, address=request.META.get("REMOTE_ADDR", ""))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


@admin.register(Sending)
class SendingAdmin(Unchanged):
    list_display = ("title", "sender", "to", "created_at", "due_at")
    search_fields = ("title", "sender")


@admin.register(Notification)
class NotificationAdmin(Unchanged):
    list_display = (
        "title",
        "topic",
        "severity",
        "category",
        "due_at",
        "position",
        "recalled_at",
        "recalled_by",
        "failed_at",
    )
    list_filter = ("severity",)
    search_fields = ("title", "topic")


@admin.register(Reading)
class ReadingAdmin(Unchanged):
    list_display = ("user", "notification", "seen_at", "read_at", "clicked_at", "archived_at")
    list_select_related = ("user", "notification")


@admin.register(Delivery)
class DeliveryAdmin(Unchanged):
    list_display = ("notification", "instance", "at", "late", "size")
    list_filter = ("late",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Those whose notification is gone have no name.
        return super().get_queryset(request).select_related("notification")


@admin.register(Template)
class TemplateAdmin(Unchanged):
    """Templates are written on the dashboard, which notes who did."""

    list_display = ("name", "title", "category", "severity")
    search_fields = ("name", "title")


@admin.register(Preference)
class PreferenceAdmin(Unchanged):
    list_display = ("user", "choices", "quiet_hours")
    list_select_related = ("user",)


@admin.register(PreferenceChange)
class PreferenceChangeAdmin(Unchanged):
    list_display = ("user", "at", "choices", "quiet_hours")
    list_select_related = ("user",)


@admin.register(AuditEntry)
class AuditEntryAdmin(Unchanged):
    list_display = ("at", "actor", "act", "target", "address")
    list_filter = ("act",)
    search_fields = ("actor", "target")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(Unmade):
    """Made on the dashboard or by `manage.py apikey`, which show it; here they are revoked, for good."""

    list_display = ("name", "scopes", "topics", "created_at", "last_used_at", "revoked_at")
    _kept = ("name", "scopes", "topics", "opens_private", "may_broadcast", "created_at", "last_used_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self._kept, "revoked_at") if obj is not None and obj.revoked_at else self._kept

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
class TicketAdmin(Unchanged):
    list_display = ("__str__",)
    fields = ("expires_at",)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(Unchanged):
    list_display = ("key", "api_key", "created_at")
    list_select_related = ("api_key",)


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    list_display = ("user", "topic")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    search_fields = ("topic",)


@admin.register(Grant)
class GrantAdmin(ModelAdmin):
    list_display = ("pattern", "group")
    list_select_related = ("group",)


@admin.register(Room)
class RoomAdmin(ModelAdmin):
    """A room keeps its name, which is in addresses, and its kind, which reads its lines; those go with it."""

    list_display = ("name", "kind", "audience", "group", "closed_at")
    list_filter = ("kind", "audience")
    list_select_related = ("group",)
    search_fields = ("name",)
    autocomplete_fields = ("people", "removed")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name", "kind")


@admin.register(Line)
class LineAdmin(Unchanged):
    list_display = ("room", "position", "name", "body", "at")
    list_select_related = ("room",)
    ordering = ("-pk",)
    search_fields = ("room__name",)
