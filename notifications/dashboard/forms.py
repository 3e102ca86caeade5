"""What somebody is about to send: the form of the page compose, and of a template."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import lazy

from hub import topics
from notifications.i18n import refusal, say
from notifications.inbox.preference_rule import ZONES
from notifications.models import Notification, Template, time_ordered_id
from notifications.sending import audience, template_rendering
from notifications.sending.audience import Audience
from notifications.sending.errors import BadNotification
from notifications.sending.notify import check, check_size

TEXTS = ("title", "body", "url", "category", "severity")
LANGUAGES = tuple((code, name) for code, name in settings.LANGUAGES)
# A comma parts addresses only where another begins: names may bear one.
BETWEEN = re.compile(r"[\r\n]+|,\s*(?=(?:user|group|topic|segment):|everyone\b)|,\s*$")
FRESH_MS = 12 * 3_600_000  # so long a page may stand open, and still send

said = lazy(say, str)


class Local(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Draft(forms.Form):
    """Valid, it has an ``audience``, and ``texts`` as `notify` takes them; one may be right alone."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    template = forms.BooleanField(required=False, widget=forms.HiddenInput)
    zone = forms.CharField(required=False, widget=forms.HiddenInput, initial="UTC")
    to = forms.CharField(
        label=said("compose_to"),
        help_text=said("compose_to_hint"),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocapitalize": "off", "dir": "ltr"}),
    )
    title = forms.CharField(
        label=said("compose_title"), widget=forms.TextInput({"maxlength": 255, "dir": "auto"})
    )
    body = forms.CharField(
        label=said("compose_body"), required=False, widget=forms.Textarea({"rows": 4, "dir": "auto"})
    )
    url = forms.CharField(
        label=said("compose_url"),
        help_text=said("compose_url_hint"),
        required=False,
        widget=forms.TextInput({"dir": "ltr", "spellcheck": "false"}),
    )
    category = forms.CharField(
        label=said("category"), required=False, widget=forms.TextInput({"maxlength": 64, "dir": "ltr"})
    )
    severity = forms.ChoiceField(
        label=said("compose_severity"),
        choices=[(value, said(f"severity_{value}")) for value in Notification.Severity.values],
        initial="info",
    )
    key = forms.CharField(
        label=said("compose_key"),
        help_text=said("compose_key_hint"),
        required=False,
        widget=forms.TextInput({"maxlength": 200, "dir": "ltr"}),
    )
    expires_at = forms.DateTimeField(label=said("compose_expires"), required=False, widget=Local())
    send_at = forms.DateTimeField(
        label=said("compose_send_at"), help_text=said("compose_send_at_hint"), required=False, widget=Local()
    )
    confirm = forms.CharField(
        label=said("compose_confirm"),
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )
    # How it is looked at before.
    person = forms.CharField(
        label=said("preview_person"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(
        label=said("preview_language"), choices=LANGUAGES, required=False, initial=LANGUAGES[0][0]
    )
    theme = forms.ChoiceField(
        label=said("preview_theme"),
        choices=[("light", said("theme_light")), ("dark", said("theme_dark"))],
        required=False,
        initial="light",
    )
    width = forms.ChoiceField(
        label=said("preview_width"),
        choices=[("desktop", said("width_desktop")), ("phone", said("width_phone"))],
        required=False,
        initial="desktop",
    )

    audience: Audience | None = None
    texts: dict[str, Any] | None = None

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        given = data if data is not None else initial or {}
        super().__init__(
            data, initial={"id": time_ordered_id(), **(initial or {})}, auto_id="%s", label_suffix=""
        )
        self.variables = template_rendering.names(_template(given)) if given.get("template") else ()
        for name in self.variables:
            self.fields[f"var-{name}"] = forms.CharField(label=name, widget=forms.TextInput({"dir": "auto"}))

    @classmethod
    def from_template(cls, template: Template) -> Draft:
        return cls(initial={"template": True, **{name: getattr(template, name) for name in TEXTS}})

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Draft:
        """What was sent, looked at; its times are on the clocks of its ``zone``."""
        draft = cls(data)
        zone = data.get("zone") or "UTC"
        with timezone.override(ZoneInfo(zone if zone in ZONES else "UTC")):
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
        """What was chosen of how to look at it, or what is chosen at first."""
        chosen = self.cleaned_data.get(name) if self.is_bound else ""
        return str(chosen or self.fields[name].initial)

    def clean_id(self) -> UUID:
        id: UUID = self.cleaned_data["id"]
        age_ms = time.time_ns() // 1_000_000 - (id.int >> 80)
        # It orders what was sent, so it has to tell about when.
        if id.version != 7 or not -60_000 < age_ms < FRESH_MS:
            raise forms.ValidationError(say("compose_stale"))
        return id

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"] or "UTC"
        if zone not in ZONES and (self.data.get("send_at") or self.data.get("expires_at")):
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
        said = {name: self.cleaned_data.get(name, "") for name in (*TEXTS, "key")}
        if self.variables:
            values = {name: self.cleaned_data.get(f"var-{name}", "") for name in self.variables}
            if not all(values.values()):
                return
            said |= template_rendering.fill(_template(said), values)
        expires_at, due_at = self.cleaned_data.get("expires_at"), self.due_at or timezone.now()
        try:
            texts = check(**said)
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
    return [address for part in BETWEEN.split(text) if (address := part.strip())]


def _template(given: Mapping[str, Any]) -> Template:
    return Template(**{name: given.get(name, "") for name in TEXTS})
