"""Django's settings, the only reader of the environment. Without any of it: SQLite, the memory log, loopback.

An unknown `HUB_*` name, or an invalid value, stops the start with an error that names it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from hub import env

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

HUB_DEMO = env.flag("HUB_DEMO")
HUB_HOST = env.text("HUB_HOST", "127.0.0.1")
HUB_PORT = env.integer("HUB_PORT", 8000)
HUB_INSTANCE = env.text("HUB_INSTANCE") or f"{socket.gethostname()}-{os.getpid()}"
HUB_REDIS_URL = env.redis("HUB_REDIS_URL")
HUB_ALLOWED_ORIGINS = env.items(
    "HUB_ALLOWED_ORIGINS", "", r"https?://[A-Za-z0-9.\[\]:-]+", "an origin like https://app.example.com"
)
HUB_HEARTBEAT_S = env.number("HUB_HEARTBEAT_S", 20, minimum=0.1)
HUB_LOG_MAX_EVENTS = env.integer("HUB_LOG_MAX_EVENTS", 1000)
HUB_LOG_MAX_BYTES = env.integer("HUB_LOG_MAX_BYTES", 16 * 1024 * 1024, minimum=128 * 1024)
HUB_LOG_TTL_S = env.number("HUB_LOG_TTL_S", 3600, minimum=0.1)
HUB_REPLAY_MAX = env.integer("HUB_REPLAY_MAX", 1000)
HUB_MAX_CONNECTIONS = env.integer("HUB_MAX_CONNECTIONS", 15_000)
HUB_MAX_CONNECTIONS_PER_USER = env.integer("HUB_MAX_CONNECTIONS_PER_USER", 50)
HUB_MAX_TOPICS_PER_USER = env.integer("HUB_MAX_TOPICS_PER_USER", 1000)
HUB_MAX_AGE_S = env.number("HUB_MAX_AGE_S", 3600, minimum=1)
HUB_MAILBOX_BYTES = env.integer("HUB_MAILBOX_BYTES", 1024 * 1024, minimum=64 * 1024)
HUB_MAX_CONNECTIONS_PER_ADDRESS = env.integer("HUB_MAX_CONNECTIONS_PER_ADDRESS", 200)
HUB_METRICS_KEY = env.text("HUB_METRICS_KEY")
HUB_TRUSTED_PROXIES = env.networks("HUB_TRUSTED_PROXIES", "127.0.0.1,::1")
HUB_ROOM_LINES_PER_S = env.number("HUB_ROOM_LINES_PER_S", 20, minimum=0.1)
HUB_ROOM_BYTES_PER_S = env.integer("HUB_ROOM_BYTES_PER_S", 512 * 1024, minimum=64 * 1024)
HUB_ROOM_LINES_PER_DAY = env.integer("HUB_ROOM_LINES_PER_DAY", 20_000)
HUB_ROOM_SIGNALS_PER_S = env.number("HUB_ROOM_SIGNALS_PER_S", 40, minimum=0.1)
HUB_MANDATORY_CATEGORIES = env.items(
    "HUB_MANDATORY_CATEGORIES", "security", r"[a-z0-9][a-z0-9_.-]{0,63}", "a category like builds"
)
HUB_KEY_EVENTS_PER_S = env.number("HUB_KEY_EVENTS_PER_S", 50_000, minimum=1)
HUB_KEY_BYTES_PER_S = env.number("HUB_KEY_BYTES_PER_S", 64 * 1024 * 1024, minimum=1024)
HUB_KEY_NOTIFICATIONS_PER_S = env.number("HUB_KEY_NOTIFICATIONS_PER_S", 2000, minimum=1)
HUB_KEY_LOG_SHARE = env.number("HUB_KEY_LOG_SHARE", 0.25, minimum=0.01)
HUB_NEWCOMERS_SEE_PAST = env.flag("HUB_NEWCOMERS_SEE_PAST")
HUB_CONFIRM_ABOVE = env.integer("HUB_CONFIRM_ABOVE", 100, minimum=0)
HUB_SECOND_FACTOR = env.one_of("HUB_SECOND_FACTOR", "optional", "staff", "off")
HUB_REAUTH_S = env.number("HUB_REAUTH_S", 900, minimum=0)
HUB_DRAIN_S = env.number("HUB_DRAIN_S", 5)
HUB_KEEP_DAYS = env.integer("HUB_KEEP_DAYS", 365)
HUB_TLS = env.flag("HUB_TLS")
HUB_LOG_FORMAT = env.one_of("HUB_LOG_FORMAT", "text", "json")
HUB_LOG_CONNECTIONS = env.flag("HUB_LOG_CONNECTIONS")
HUB_STATIC = env.text("HUB_STATIC")
HUB_OTLP_URL = env.needing("HUB_OTLP_URL", "opentelemetry-exporter-otlp-proto-http", "tracing")
HUB_DATABASE_TIMEOUT_S = env.number("HUB_DATABASE_TIMEOUT_S", 15)
THREADS = env.integer("HUB_THREADS", 8)  # that run Django …
DATABASE_THREADS = 4  # … and that query the database for endpoints and background loops

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
# The class of what is served over the hub, a `hub.ports.Application`, and where its API is.
HUB_APPLICATION = "notifications.application.Notifications"
HUB_API_PATH = "/api/"  # errors below it are problem JSON
HUB_CORS_PATH = "/api/v1/"  # pages of HUB_ALLOWED_ORIGINS may call what is below it
HUB_EVENTS_PATH = "/api/v1/events"  # where programs publish live events, by large bodies

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
    "default": env.database("HUB_DATABASE_URL", BASE_DIR / "hub.sqlite3", THREADS + DATABASE_THREADS)
}


def _channel_layer(prefix: str) -> dict[str, Any]:
    if HUB_REDIS_URL:
        return {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": HUB_REDIS_URL, "protocol": 2}], "prefix": prefix},
        }
    return {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        # A group forgets a member of a day ago: a room may stay open longer.
        "CONFIG": {"capacity": 1000, "group_expiry": 10**9},
    }


# "hub" is for the signals of rooms alone, "default" for a project's own consumers.
CHANNEL_LAYERS = {"hub": _channel_layer("hub:signals:"), "default": _channel_layer("hub:channels:")}
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
LOGIN_REDIRECT_URL = "inbox"
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
