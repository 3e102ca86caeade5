"""The form of a notification to compose."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import lazy

from hub import topics
from notifications import time_zones
from notifications.i18n import refusal, say
from notifications.models import Notification, Template, time_ordered_id
from notifications.sending import audience, template_rendering
from notifications.sending.audience import Audience
from notifications.sending.errors import BadNotification
from notifications.sending.notify import check, check_size

TEXTS = ("title", "body", "url", "category", "severity")
LANGUAGES = tuple((code, name) for code, name in settings.LANGUAGES)
# A comma separates addresses only before another address: names may contain one.
SEPARATOR = re.compile(r"[\r\n]+|,\s*(?=(?:user|group|topic|segment):|everyone\b)|,\s*$")
MAX_PAGE_AGE_MS = 12 * 3_600_000  # after which an open page no longer sends

_ = lazy(say, str)


class LocalTimeInput(forms.DateTimeInput):
    """The browser's date and time picker; its value has no time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Draft(forms.Form):
    """A notification to send, and how to preview it.

    Cleaned, it has an ``audience`` if its addresses are valid, and ``texts``, the arguments of `notify`, if
    those are.
    """

    id = forms.UUIDField(widget=forms.HiddenInput)
    template = forms.BooleanField(required=False, widget=forms.HiddenInput)
    zone = forms.CharField(required=False, widget=forms.HiddenInput, initial="UTC")
    to = forms.CharField(
        label=_("compose_to"),
        help_text=_("compose_to_hint"),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocapitalize": "off", "dir": "ltr"}),
    )
    title = forms.CharField(
        label=_("compose_title"), widget=forms.TextInput({"maxlength": 255, "dir": "auto"})
    )
    body = forms.CharField(
        label=_("compose_body"), required=False, widget=forms.Textarea({"rows": 4, "dir": "auto"})
    )
    url = forms.CharField(
        label=_("compose_url"),
        help_text=_("compose_url_hint"),
        required=False,
        widget=forms.TextInput({"dir": "ltr", "spellcheck": "false"}),
    )
    category = forms.CharField(
        label=_("category"), required=False, widget=forms.TextInput({"maxlength": 64, "dir": "ltr"})
    )
    severity = forms.ChoiceField(
        label=_("compose_severity"),
        choices=[(value, _(f"severity_{value}")) for value in Notification.Severity.values],
        initial="info",
    )
    key = forms.CharField(
        label=_("compose_key"),
        help_text=_("compose_key_hint"),
        required=False,
        widget=forms.TextInput({"maxlength": 200, "dir": "ltr"}),
    )
    expires_at = forms.DateTimeField(label=_("compose_expires"), required=False, widget=LocalTimeInput())
    send_at = forms.DateTimeField(
        label=_("compose_send_at"),
        help_text=_("compose_send_at_hint"),
        required=False,
        widget=LocalTimeInput(),
    )
    confirm = forms.CharField(
        label=_("compose_confirm"),
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )
    # Of the preview.
    person = forms.CharField(
        label=_("preview_person"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(
        label=_("preview_language"), choices=LANGUAGES, required=False, initial=LANGUAGES[0][0]
    )
    theme = forms.ChoiceField(
        label=_("preview_theme"),
        choices=[("light", _("theme_light")), ("dark", _("theme_dark"))],
        required=False,
        initial="light",
    )
    width = forms.ChoiceField(
        label=_("preview_width"),
        choices=[("desktop", _("width_desktop")), ("phone", _("width_phone"))],
        required=False,
        initial="desktop",
    )

    audience: Audience | None = None
    texts: dict[str, Any] | None = None

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        source = data if data is not None else initial or {}
        super().__init__(
            data, initial={"id": time_ordered_id(), **(initial or {})}, auto_id="%s", label_suffix=""
        )
        self.variables = template_rendering.names(_template(source)) if source.get("template") else ()
        for name in self.variables:
            self.fields[f"var-{name}"] = forms.CharField(label=name, widget=forms.TextInput({"dir": "auto"}))

    @classmethod
    def from_template(cls, template: Template) -> Draft:
        return cls(initial={"template": True, **{name: getattr(template, name) for name in TEXTS}})

    @classmethod
    def posted(cls, data: Mapping[str, Any]) -> Draft:
        """A posted draft, cleaned; its times are in its ``zone``."""
        draft = cls(data)
        with timezone.override(time_zones.find(data.get("zone") or "UTC")):
            draft.full_clean()
        return draft

    @property
    def blanks(self) -> list[forms.BoundField]:
        return [self[f"var-{name}"] for name in self.variables]

    @property
    def due_at(self) -> datetime | None:
        due_at: datetime | None = self.cleaned_data.get("send_at")
        return due_at

    def chosen(self, name: str) -> str:
        """The value of a preview field, or its initial one."""
        chosen = self.cleaned_data.get(name) if self.is_bound else ""
        return str(chosen or self.fields[name].initial)

    def clean_id(self) -> UUID:
        id: UUID = self.cleaned_data["id"]
        age_ms = time.time_ns() // 1_000_000 - (id.int >> 80)
        # It orders the sendings, so its time has to be about now.
        if id.version != 7 or not -60_000 < age_ms < MAX_PAGE_AGE_MS:
            raise forms.ValidationError(say("compose_stale"))
        return id

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"] or "UTC"
        if time_zones.find(zone) is None and (self.data.get("send_at") or self.data.get("expires_at")):
            raise forms.ValidationError(say("compose_zone_unknown"))
        return zone

    def clean_to(self) -> list[str]:
        addresses = addresses_in(self.cleaned_data["to"])
        try:
            self.audience = audience.of(addresses)
        except BadNotification as bad:
            raise forms.ValidationError(refusal(bad)) from None
        return addresses

    def clean(self) -> None:
        fields = {name: self.cleaned_data.get(name, "") for name in (*TEXTS, "key")}
        if self.variables:
            values = {name: self.cleaned_data.get(f"var-{name}", "") for name in self.variables}
            if not all(values.values()):
                return
            fields |= template_rendering.fill(_template(fields), values)
        expires_at, due_at = self.cleaned_data.get("expires_at"), self.due_at or timezone.now()
        try:
            texts = check(**fields)
            reached = self.audience.topics if self.audience else [topics.EVERYONE]
            check_size(texts, reached)
        except BadNotification as bad:
            if bad.field not in self.errors:
                self.add_error(bad.field, refusal(bad))
        else:
            self.texts = texts
        if expires_at is not None and expires_at <= due_at:
            self.add_error("expires_at", say("refused_expires_early"))


def addresses_in(text: str) -> list[str]:
    return [address for part in SEPARATOR.split(text) if (address := part.strip())]


def _template(fields: Mapping[str, Any]) -> Template:
    return Template(**{name: fields.get(name, "") for name in TEXTS})
