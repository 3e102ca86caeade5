"""Whoever could see the messages of rooms in the admin can see them after their model was renamed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command


@pytest.mark.django_db(transaction=True)
def test_a_permission_outlives_the_name_of_its_model() -> None:
    alice = User.objects.create_user("alice", is_staff=True)
    try:
        call_command("migrate", "hub_notifications", "0014", verbosity=0)
        alice.user_permissions.add(Permission.objects.get(codename="view_line"))
    finally:
        call_command("migrate", "hub_notifications", verbosity=0)

    assert alice.has_perm("hub_notifications.view_roommessage")
    assert not Permission.objects.filter(codename="view_line").exists()
