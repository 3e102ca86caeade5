"""Settings of a project whose user model is named by the environment, and its engine of sessions."""

import os

from hub.settings import *  # noqa: F403
from hub.settings import INSTALLED_APPS as HUB_APPS

ENGINE = os.environ.get("ENGINE", "db")
SESSIONS = "django.contrib.sessions"  # the app has the table, which other engines do without
INSTALLED_APPS = [
    "tests.services.user_models.people",
    *(app for app in HUB_APPS if app != SESSIONS or ENGINE.endswith("db")),
]
AUTH_USER_MODEL = f"people.{os.environ['USER_MODEL']}"
HUB_AUDIENCES = "tests.services.user_models.people.teams.Teams"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one
SESSION_ENGINE = f"{SESSIONS}.backends.{ENGINE}"
