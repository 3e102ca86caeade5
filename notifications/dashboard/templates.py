"""Templates of notifications, with variables that are filled in when one is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from hub import topics
from notifications.access import audit
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard.forms import TEXTS, _
from notifications.i18n import refusal, say
from notifications.models import UNSAYABLE, Notification, Template
from notifications.sending import template_rendering
from notifications.sending.errors import BadNotification
from notifications.sending.notify import check, check_size

if TYPE_CHECKING:
    TemplateModelForm = forms.ModelForm[Template]
else:
    TemplateModelForm = forms.ModelForm

MAX_LISTED = 200
# Sample values: a link is valid as a whole ("/x") or as the variable part of a path ("x").
SAMPLES = ("x", "/x")


class TemplateForm(TemplateModelForm):
    """A template; valid if a notification made from it is."""

    class Meta:
        model = Template
        fields = ("name", *TEXTS)
        labels = {
            "name": _("template_name"),
            "title": _("compose_title"),
            "body": _("compose_body"),
            "url": _("compose_url"),
            "category": _("category"),
            "severity": _("compose_severity"),
        }
        help_texts = {"body": _("template_hint")}
        error_messages = {"name": {"unique": _("template_name_taken")}}
        widgets = {
            "title": forms.TextInput({"dir": "auto"}),
            "body": forms.Textarea({"rows": 4, "dir": "auto"}),
            "url": forms.TextInput({"dir": "ltr", "spellcheck": "false"}),
            "category": forms.TextInput({"dir": "ltr"}),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        severity = self.fields["severity"]
        assert isinstance(severity, forms.ChoiceField)  # noqa: S101
        severity.choices = [(value, _(f"severity_{value}")) for value in Notification.Severity.values]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if UNSAYABLE.search(name):
            raise forms.ValidationError(say("template_bad_name"))
        return name

    def clean(self) -> None:
        """Check the texts as a notification, with a sample for each variable."""
        super().clean()
        error: BadNotification | None = None
        draft = Template(**{field: self.cleaned_data.get(field, "") for field in TEXTS})
        for value in SAMPLES:
            filled = template_rendering.fill(draft, dict.fromkeys(template_rendering.names(draft), value))
            try:
                texts = check(**{**filled, "title": filled["title"] or "x"})
                check_size(texts, [topics.EVERYONE])
                return
            except BadNotification as bad:
                error = error or bad
        if error is not None and error.field not in self.errors:
            self.add_error(error.field, refusal(error))


@needs("send")
@require_http_methods(["GET", "HEAD", "POST"])
def template_list(request: StaffRequest) -> HttpResponse:
    """The templates, and a form for a new one."""
    return _form(request, None)


@needs("send")
@require_http_methods(["GET", "HEAD", "POST"])
def template_detail(request: StaffRequest, id: int) -> HttpResponse:
    return _form(request, get_object_or_404(Template, pk=id))


@needs("send")
@require_POST
def delete_template(request: StaffRequest, id: int) -> HttpResponse:
    template = get_object_or_404(Template, pk=id)
    with transaction.atomic():
        template.delete()
        audit.record(request, "delete-template", template.name)
    messages.success(request, say("template_deleted", name=template.name))
    return redirect("notifications:dashboard-templates")


def _form(request: StaffRequest, template: Template | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = TemplateForm(data, instance=template, label_suffix="")
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                saved = form.save()
                audit.record(request, "save-template", saved.name, id=saved.pk)
            messages.success(request, say("template_saved", name=saved.name))
            return redirect("notifications:dashboard-templates")
        except IntegrityError:
            # Another template took the name since it was validated: validating again reports it.
            form = TemplateForm(data, instance=template, label_suffix="")
            form.full_clean()
    context = {
        "form": form,
        "template": template,
        "templates": [(one, template_rendering.names(one)) for one in Template.objects.all()[:MAX_LISTED]],
    }
    status = 422 if form.is_bound else 200
    return render(request, "notifications/dashboard/templates.html", context, status=status)


paths = [
    path("templates/", template_list, name="dashboard-templates"),
    path("templates/<int:id>/", template_detail, name="dashboard-template"),
    path("templates/<int:id>/delete", delete_template, name="dashboard-delete-template"),
]
