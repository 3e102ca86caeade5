"""Django's settings of a service that is the hub alone: SQLite, the memory log and loopback by themselves.

An unknown `HUB_*` name, or an invalid value, stops the start with an error that names it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from hub import env
from hub.conf import *
from hub.conf import SIGNALS, channel_layer

BASE_DIR = Path(__file__).resolve().parent.parent

# Names that belong to `make cluster`, not to an instance.
env.known |= {
    "HUB_HTTP_PORT",
    "HUB_HTTPS_PORT",
    "HUB_HTTP_URL",
    "HUB_HTTPS_URL",
    "HUB_INSTANCE_PORT",
    "HUB_REDIS_PORT",
    "HUB_POSTGRES_PORT",
}


# The hub.

if HUB_DEMO and not env.loopback(HUB_HOST):
    raise ImproperlyConfigured(
        "HUB_DEMO=1 has public passwords: unset it, or set HUB_HOST to a loopback address."
    )

# Django.

_secret = env.secret("HUB_SECRET_KEY", min_length=32)
if HUB_REDIS_URL and not _secret and not HUB_DEMO:
    raise ImproperlyConfigured("HUB_SECRET_KEY: instances that share a Redis must share a secret; set it.")
HUB_SECRET_IS_RANDOM = not _secret and not HUB_DEMO
SECRET_KEY = _secret or ("demo-" * 10 if HUB_DEMO else get_random_secret_key())
# Signatures by these are valid too: the previous secret, or the next one.
SECRET_KEY_FALLBACKS = env.secrets("HUB_SECRET_KEY_FALLBACKS", min_length=32)

DEBUG = False
ALLOWED_HOSTS = env.items("HUB_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
INSTALLED_APPS = [
    "notifications.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "ninja",
    "hub",
    "notifications",
]
MIDDLEWARE = [
    *(["hub.ops.tracing.RequestTracing"] if HUB_OTLP_URL else []),
    "django.middleware.security.SecurityMiddleware",
    "hub.server.csp.ContentSecurityPolicy",
    "hub.server.cors.CrossOrigin",
    "hub.server.request_guard.RequestGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "notifications.access.sessions.Authentication",
    "notifications.access.actor.CurrentRequest",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hub.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": env.database("HUB_DATABASE_URL", BASE_DIR / "hub.sqlite3", HUB_THREADS + HUB_DATABASE_THREADS)
}


# "hub" is for the signals of rooms alone, "default" for a project's own consumers.
CHANNEL_LAYERS = {
    "hub": channel_layer(SIGNALS, HUB_REDIS_URL),
    "default": channel_layer("hub:channels:", HUB_REDIS_URL),
}
ASGI_APPLICATION = "hub.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
# Attempts are counted and made to wait by notifications/sign_in/attempts.py, for one device as for the next.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
OTP_TOTP_ISSUER = "Notification Hub"
LOGIN_URL = "login"
CSRF_FAILURE_VIEW = "notifications.sign_in.csrf_failure.csrf"
LOGIN_REDIRECT_URL = "notifications:inbox"
LOGOUT_REDIRECT_URL = "login"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = HUB_STATIC or BASE_DIR / "staticfiles"
_HASHED = "hub.server.static_files.HashedStaticFiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": _HASHED if HUB_STATIC else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # `hub.server.body_limits` says how much less where
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HUB_TLS
SECURE_REDIRECT_EXEMPT = [r"^api(/|$)"]  # refused by `hub.server.request_guard` instead
SECURE_HSTS_SECONDS = 31_536_000 if HUB_TLS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HUB_TLS
if HUB_TLS:
    # A browser takes these from this very host alone: no other site of the domain can plant one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Other sites under this domain are not ours to decide about; whoever may, does it at the balancer. And what
# HUB_TLS leaves open says hub.W008, once instead of four times.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not HUB_TLS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = HUB_ALLOWED_ORIGINS

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "hub.ops.logs.JsonFormatter", "instance": HUB_INSTANCE},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": HUB_LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "hub": {"level": "INFO"},
        "hub.connections": {"level": "INFO" if HUB_LOG_CONNECTIONS else "WARNING"},
        "notifications": {"level": "INFO"},
    },
}

# django-eventstream: `send_event()` arrives through our log.

EVENTSTREAM_STORAGE_CLASS = "hub.eventstream.LogStorage"
EVENTSTREAM_CHANNELMANAGER_CLASS = "hub.eventstream.ChannelManager"

_unknown = sorted(name for name in os.environ if name.startswith("HUB_") and name not in env.known)
if _unknown:
    raise ImproperlyConfigured(f"unknown setting {', '.join(_unknown)}: see docs/configuration.md.")
