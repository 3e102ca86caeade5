import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

from hub.asgi import Hub

application = Hub()
