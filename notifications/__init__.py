"""The application: notifications, inboxes, rooms and rights, served by `hub` through `application`."""
