"""Policies of live topics in Django's admin, a field for each of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from hub.policies.policy import BadPolicy, as_json
from notifications.access import audit
from notifications.access.policies import audiences, rows
from notifications.models import TopicPolicy

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[TopicPolicy]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm

HISTORY = {"events": "history_events", "seconds": "history_seconds", "bytes": "history_bytes"}
AUDIENCES = "One a line: everyone, owner, group:ops or user:alice."


class PolicyForm(ModelForm):
    """A policy as people write it; `hub.policies` checks it as it does those of the API."""

    pattern = forms.CharField(help_text="A topic, job-42, or all topics with a prefix: job-*")
    history_events = forms.IntegerField(required=False, label="History: events")
    history_seconds = forms.IntegerField(required=False, label="History: seconds")
    history_bytes = forms.IntegerField(required=False, label="History: bytes")
    latest = forms.BooleanField(
        required=False, label="Latest value of each key", help_text="Kept, and given to new readers."
    )
    coalesce = forms.ChoiceField(
        required=False,
        choices=[("", "every event at once"), ("last", "the last of each key"), ("join", "texts, joined")],
        label="Delivery",
    )
    coalesce_ms = forms.IntegerField(
        required=False, label="Coalesced for", help_text="Milliseconds, 10 to 10,000."
    )
    max_rate = forms.FloatField(
        required=False, label="Greatest rate", help_text="Events a second on one topic."
    )
    max_bytes = forms.IntegerField(
        required=False, label="Greatest size", help_text="Bytes of an event's data."
    )
    read = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="May read",
        help_text=f"Besides those who may without a policy. {AUDIENCES}",
    )
    publish = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="May publish",
        help_text=f"Besides programs. {AUDIENCES}",
    )

    class Meta:
        model = TopicPolicy
        fields = ("pattern",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial.update(_initial(self.instance))

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        history = {name: cleaned[field] for name, field in HISTORY.items() if cleaned[field] is not None}
        given = {
            "pattern": cleaned["pattern"],
            "history": history or None,
            "latest": "key" if cleaned["latest"] else None,
            "coalesce": cleaned["coalesce"] or None,
            **{name: cleaned[name] for name in ("coalesce_ms", "max_rate", "max_bytes")},
            "read": _names(cleaned["read"]) or None,
            "publish": _names(cleaned["publish"]),
        }
        try:
            if self.instance._state.adding:
                rows.check_number()
            self.instance.fields = rows.fields_of(rows.check(given))
        except BadPolicy as bad:
            self.add_error(_form_field(bad.field), str(bad))
        except rows.PolicyFixed as fixed:
            self.add_error("pattern", str(fixed))
        return cleaned


@admin.register(TopicPolicy)
class TopicPolicyAdmin(ModelAdmin):
    """Policies of live topics; those of HUB_TOPICS are not among them."""

    form = PolicyForm
    list_display = ("pattern", "summary")
    search_fields = ("pattern",)
    fieldsets = (
        (None, {"fields": ("pattern",)}),
        ("What the log keeps of a topic", {"fields": (*HISTORY.values(), "latest")}),
        ("Delivery", {"fields": ("coalesce", "coalesce_ms")}),
        ("Limits", {"fields": ("max_rate", "max_bytes")}),
        ("Who", {"fields": ("read", "publish")}),
    )

    @admin.display(description="what is set")
    def summary(self, obj: TopicPolicy) -> str:
        return ", ".join(name for name, value in obj.fields.items() if value is not None) or "nothing"

    def save_model(self, request: HttpRequest, obj: TopicPolicy, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(request, "save-policy", obj.pattern, **obj.fields)

    def delete_model(self, request: HttpRequest, obj: TopicPolicy) -> None:
        audit.record(request, "delete-policy", obj.pattern)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)


def _initial(row: TopicPolicy) -> dict[str, Any]:
    """The values of the form's fields for a row; none if it is no policy."""
    try:
        (policy,) = audiences.written([rows.of(row)])
    except (BadPolicy, TypeError, AttributeError, ValueError):
        return {}
    fields = as_json(policy)
    history = fields.pop("history") or {}
    return {
        **fields,
        **{field: history.get(name) for name, field in HISTORY.items()},
        "latest": policy.latest,
        "read": "\n".join(policy.read or ()),
        "publish": "\n".join(policy.publish),
    }


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.splitlines() if name.strip()]


def _form_field(field: str) -> str | None:
    """The form's field for one of a policy's: ``history.events``, ``read.0``."""
    first, _, rest = field.partition(".")
    return HISTORY.get(rest) if first == "history" else first or None
