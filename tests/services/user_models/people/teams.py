from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from notifications import user_model
from notifications.models.audiences import Audiences


class Teams(Audiences):
    """A team for each first letter of the names."""

    def audiences(self, user: Any) -> list[str]:
        return [f"team-{user.get_username()[0]}"]

    def members(self, audience: str) -> QuerySet[Any]:
        return user_model.users().filter(**{f"{user_model.name_field()}__startswith": audience[-1]})
