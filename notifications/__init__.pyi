"""The names that the package has for projects; see __init__.py."""

from notifications.inbox.subscriptions import subscribe as subscribe
from notifications.inbox.subscriptions import unsubscribe as unsubscribe
from notifications.models.signals import notification_read as notification_read
from notifications.models.signals import notification_recalled as notification_recalled
from notifications.models.signals import notification_sent as notification_sent
from notifications.runs.producer import arun as arun
from notifications.runs.producer import run as run
from notifications.runs.writer import RunStopped as RunStopped
from notifications.sending.errors import BadNotification as BadNotification
from notifications.sending.notify import anotify as anotify
from notifications.sending.notify import notify as notify
from notifications.sending.recalls import arecall as arecall
from notifications.sending.recalls import recall as recall
from notifications.sending.segments import segment as segment
