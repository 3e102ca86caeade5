"""System checks of what the app needs of its project. docs/operations.md explains each id."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, reverse

from notifications import user_model
from notifications.access import second_factor
from notifications.access.lookups import session_data
from notifications.host.middleware import HubPages
from notifications.models import audiences
from notifications.user_model import MAX_KEY_LENGTH, MAX_NAME

TAG = "hub"
OF_PAGES = ("hub.server.csp.ContentSecurityPolicy", f"{HubPages.__module__}.{HubPages.__name__}")


@register(TAG)
def users(**kwargs: Any) -> list[CheckMessage]:
    """What the user model lacks, or has too long."""
    model: Any = user_model.model()
    if not issubclass(model, AbstractBaseUser):
        return [
            Error(
                f"AUTH_USER_MODEL={settings.AUTH_USER_MODEL} is no AbstractBaseUser: without a password "
                "nothing ends the tokens of a user.",
                hint="Inherit django.contrib.auth.base_user.AbstractBaseUser.",
                id="hub.E005",
            )
        ]
    found: list[CheckMessage] = []
    key = user_model.key_field()
    if (key.max_length or 0) > MAX_KEY_LENGTH:
        found.append(
            Error(
                f"Primary keys of {key.max_length} characters do not fit into the name of a topic.",
                hint=f"Give users a key of at most {MAX_KEY_LENGTH} characters, a UUID or an integer.",
                id="hub.E006",
            )
        )
    if (model._meta.get_field(user_model.name_field()).max_length or 0) > MAX_NAME:
        found.append(
            Error(
                f"Names of users may have {MAX_NAME} characters; {user_model.name_field()} has more.",
                hint="Shorten the field, or name another one as USERNAME_FIELD.",
                id="hub.E007",
            )
        )
    if not user_model.has_field(user_model.JOINED_FIELD):
        found.append(
            Warning(
                f"{settings.AUTH_USER_MODEL} has no {user_model.JOINED_FIELD}: newcomers see what was sent "
                "to everyone before they came.",
                hint=f"Add {user_model.JOINED_FIELD} = DateTimeField(default=timezone.now).",
                id="hub.W009",
            )
        )
    return found


@register(TAG)
def wiring(**kwargs: Any) -> list[CheckMessage]:
    """What is missing in INSTALLED_APPS, MIDDLEWARE and the URLs."""
    found: list[CheckMessage] = []
    if not apps.is_installed(Group._meta.app_config.name) or session_data.is_missing():
        found.append(
            Error(
                "The apps of users or of sessions are not installed.",
                hint="Add django.contrib.auth and django.contrib.sessions to INSTALLED_APPS.",
                id="hub.E008",
            )
        )
    if settings.HUB_AUDIENCES:
        try:
            audiences.known()
        except ImportError as error:
            found.append(
                Error(
                    f"HUB_AUDIENCES={settings.HUB_AUDIENCES} cannot be imported: {error}",
                    hint="Name a subclass of notifications.models.audiences.Audiences by its dotted path.",
                    id="hub.E013",
                )
            )
    if settings.HUB_SECOND_FACTOR == "staff" and not second_factor.installed():
        found.append(
            Error(
                "HUB_SECOND_FACTOR=staff, but nothing keeps second factors.",
                hint="Add django_otp, django_otp.plugins.otp_totp and otp_static to INSTALLED_APPS.",
                id="hub.E009",
            )
        )
    try:
        reverse(settings.HUB_INDEX)
    except NoReverseMatch:
        found.append(
            Warning(
                "The hub's pages and API have no URLs.",
                hint='Add path("hub/", include("notifications.urls")) to the project\'s URLs.',
                id="hub.W010",
            )
        )
    if not any(name in settings.MIDDLEWARE for name in OF_PAGES):
        found.append(
            Warning(
                "The hub's pages have no content policy, and fail with 500 while a service is away.",
                hint=f'Add "{OF_PAGES[1]}" at the end of MIDDLEWARE.',
                id="hub.W011",
            )
        )
    return found
