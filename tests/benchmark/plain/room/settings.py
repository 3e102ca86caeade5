"""A new Django project with what the tutorial of Channels adds: Daphne, and the pub/sub layer on Redis."""

import os

SECRET_KEY = "plain-" * 10
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["daphne", "django.contrib.auth", "django.contrib.contenttypes", "channels"]
ROOT_URLCONF = "tests.benchmark.plain.room.urls"
ASGI_APPLICATION = "tests.benchmark.plain.room.asgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [f"redis://127.0.0.1:{os.environ['PLAIN_REDIS_PORT']}/1"]},
    }
}
