from hub.asgi import Hub

application = Hub()
