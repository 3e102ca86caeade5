"""The only reader of the environment. Unconfigured it means: SQLite, the memory log, loopback.

A `HUB_*` name that is not read here, or a value that cannot be, stops the start and says which.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Names that belong to `make cluster`, not to an instance.
_KNOWN = {
    "HUB_HTTP_PORT",
    "HUB_HTTPS_PORT",
    "HUB_HTTP_URL",
    "HUB_HTTPS_URL",
    "HUB_INSTANCE_PORT",
    "HUB_REDIS_PORT",
    "HUB_POSTGRES_PORT",
}


def _text(name: str, default: str = "") -> str:
    _KNOWN.add(name)
    return os.environ.get(name, default)


def _number(name: str, default: float, least: float = 0) -> float:
    value = _text(name)
    try:
        number = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: give a number.") from None
    if not least <= number < float("inf"):
        raise ImproperlyConfigured(f"{name}={value!r}: give a number of at least {least:g}.")
    return number


def _whole(name: str, default: int, least: int = 1) -> int:
    number = _number(name, default, least)
    if number != int(number):
        raise ImproperlyConfigured(f"{name}={number}: give a whole number.")
    return int(number)


def _flag(name: str) -> bool:
    value = _text(name)
    if value not in ("", "0", "1"):
        raise ImproperlyConfigured(f"{name}={value!r}: use 1 or 0.")
    return value == "1"


def _list(name: str, default: str = "", pattern: str = ".*", what: str = "") -> list[str]:
    items = [item for item in (part.strip() for part in _text(name, default).split(",")) if item]
    for item in items:
        if not re.fullmatch(pattern, item):
            raise ImproperlyConfigured(f"{name}: {item!r} is not {what}.")
    return items


def _networks(name: str, default: str) -> list[str]:
    networks = _list(name, default)
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: {network!r} is not an address or a network.") from None
    return networks


def _database(name: str) -> dict[str, Any]:
    url = _text(name)
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        path = parts.path[1:] if url else str(BASE_DIR / "hub.sqlite3")
        if not path:
            raise ImproperlyConfigured(f"{name}: give a file, like sqlite:////var/lib/hub/hub.sqlite3.")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                # A deferred transaction that turns to writing fails at once when another writes;
                # an immediate one waits for its turn.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name}: use postgres://user:password@host:port/name or sqlite:///file.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "connect_timeout": 3,
            "pool": {"min_size": 1, "max_size": THREADS + DOOR_THREADS, "timeout": 5},
        },
    }


def _redis(name: str) -> str:
    url = _text(name)
    if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(f"{name}={url!r}: use redis://host:port/0, rediss:// or unix://.")
    return url


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# The hub.

HUB_DEMO = _flag("HUB_DEMO")
HUB_HOST = _text("HUB_HOST", "127.0.0.1")
HUB_PORT = _whole("HUB_PORT", 8000)
HUB_INSTANCE = _text("HUB_INSTANCE") or f"{socket.gethostname()}-{os.getpid()}"
HUB_REDIS_URL = _redis("HUB_REDIS_URL")
HUB_ALLOWED_ORIGINS = _list(
    "HUB_ALLOWED_ORIGINS", "", r"https?://[A-Za-z0-9.\[\]:-]+", "an origin like https://app.example.com"
)
HUB_HEARTBEAT_S = _number("HUB_HEARTBEAT_S", 20, least=0.1)
HUB_LOG_MAX_EVENTS = _whole("HUB_LOG_MAX_EVENTS", 1000)
HUB_LOG_TTL_S = _number("HUB_LOG_TTL_S", 3600, least=0.1)
HUB_MAX_CONNECTIONS = _whole("HUB_MAX_CONNECTIONS", 15_000)
HUB_MAX_CONNECTIONS_PER_USER = _whole("HUB_MAX_CONNECTIONS_PER_USER", 10_000)
HUB_MAX_AGE_S = _number("HUB_MAX_AGE_S", 3600, least=1)
HUB_MAILBOX_BYTES = _whole("HUB_MAILBOX_BYTES", 1024 * 1024, least=64 * 1024)
HUB_MAX_CONNECTIONS_PER_ADDRESS = _whole("HUB_MAX_CONNECTIONS_PER_ADDRESS", 10_000)
HUB_METRICS_KEY = _text("HUB_METRICS_KEY")
HUB_TRUSTED_PROXIES = _networks("HUB_TRUSTED_PROXIES", "127.0.0.1,::1")
HUB_MANDATORY_CATEGORIES = _list(
    "HUB_MANDATORY_CATEGORIES", "security", r"[a-z0-9][a-z0-9_.-]{0,63}", "a category like builds"
)
HUB_DRAIN_S = _number("HUB_DRAIN_S", 5)
THREADS = _whole("HUB_THREADS", 8)  # that answer requests …
DOOR_THREADS = 4  # … and that ask the database for the doors and the relay

if HUB_DEMO and not _loopback(HUB_HOST):
    raise ImproperlyConfigured(f"HUB_DEMO=1 has public passwords: unset it, or HUB_HOST={HUB_HOST}.")

# Django.

_secret = _text("HUB_SECRET_KEY")
if _secret and len(_secret) < 32:
    raise ImproperlyConfigured("HUB_SECRET_KEY: give at least 32 random characters.")
if HUB_REDIS_URL and not _secret and not HUB_DEMO:
    raise ImproperlyConfigured("HUB_SECRET_KEY: instances that share a Redis must share a secret; set it.")
SECRET_KEY = _secret or ("demo-" * 10 if HUB_DEMO else get_random_secret_key())

DEBUG = False
ALLOWED_HOSTS = _list("HUB_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "hub",
    "notifications",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "hub.security.ContentSecurityPolicy",
    "hub.cors.CrossOrigin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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
DATABASES = {"default": _database("HUB_DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "login"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = HUB_ALLOWED_ORIGINS

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"hub": {"level": "INFO"}, "notifications": {"level": "INFO"}},
}

# django-eventstream: `send_event()` arrives through our log.

EVENTSTREAM_STORAGE_CLASS = "hub.eventstream.LogStorage"
EVENTSTREAM_CHANNELMANAGER_CLASS = "hub.eventstream.ChannelManager"

_unknown = sorted(name for name in os.environ if name.startswith("HUB_") and name not in _KNOWN)
if _unknown:
    raise ImproperlyConfigured(f"unknown setting {', '.join(_unknown)}: see docs/configuration.md.")
