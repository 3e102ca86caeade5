"""Django's models. A notification is one row per topic, however many people read it."""

from __future__ import annotations

from notifications.models.audit import AuditEntry
from notifications.models.notification import (
    CATEGORY,
    MAX_FAILURE,
    MAX_TITLE,
    NEVER,
    REPLACED,
    UNSAYABLE,
    Delivery,
    Notification,
    Reading,
    Sending,
    Watermark,
    time_ordered_id,
    visible,
)
from notifications.models.person import (
    Arrival,
    Ending,
    Grant,
    GroupClaim,
    Preference,
    PreferenceChange,
    RevokedToken,
    Subscription,
    arrived,
    valid_live_topic,
)
from notifications.models.profile import MAX_LANGUAGE, MAX_OUTSIDE_ID, Profile
from notifications.models.program import ApiKey, IdempotentRequest, Ticket
from notifications.models.room import (
    ROOM_NAME,
    HistoryMark,
    Room,
    RoomDocument,
    RoomMark,
    RoomMessage,
    valid_kind,
)
from notifications.models.run import Run, RunPart, RunShare
from notifications.models.sign_in import SignInCount
from notifications.models.template import Template
from notifications.models.topic_policy import TopicPolicy
from notifications.models.user_numbers import UserNumber

__all__ = [
    "CATEGORY",
    "MAX_FAILURE",
    "MAX_LANGUAGE",
    "MAX_OUTSIDE_ID",
    "MAX_TITLE",
    "NEVER",
    "REPLACED",
    "ROOM_NAME",
    "UNSAYABLE",
    "ApiKey",
    "Arrival",
    "AuditEntry",
    "Delivery",
    "Ending",
    "Grant",
    "GroupClaim",
    "HistoryMark",
    "IdempotentRequest",
    "RoomMark",
    "RoomMessage",
    "Notification",
    "Preference",
    "PreferenceChange",
    "Reading",
    "Profile",
    "RevokedToken",
    "Room",
    "RoomDocument",
    "Sending",
    "Run",
    "RunPart",
    "RunShare",
    "SignInCount",
    "Subscription",
    "Template",
    "Ticket",
    "TopicPolicy",
    "UserNumber",
    "Watermark",
    "arrived",
    "time_ordered_id",
    "valid_kind",
    "valid_live_topic",
    "visible",
]
