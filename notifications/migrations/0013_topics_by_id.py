"""Groups and rooms go by their ids: topics of notifications and of keys, and the lines of rooms.

Rows of a group that is no longer there keep their name, which nobody's topic is; one of digits alone might be
somebody's id, and is marked. Back again a group's rows have its name of then, and those of a group that is
gone by then are marked likewise.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

PREFIX = "group-"
# What spells no character of a name: before a name of digits whose group is gone, or an id likewise.
NAME, ID = "group-~n", "group-~i"
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
DIGITS = re.compile(r"group-[0-9]+")
MAX_LENGTH = 200


def spelled(name: str) -> str:
    """The topic of a group as it was."""
    topic = PREFIX + "".join(
        c if c in PLAIN else "".join(f"~{byte:02x}" for byte in c.encode()) for c in name
    )
    return topic if len(topic) <= MAX_LENGTH else f"{PREFIX}~h{hashlib.sha256(name.encode()).hexdigest()}"


def to_ids(apps: Any, schema_editor: Any) -> None:
    groups = dict(_groups(apps, schema_editor).values_list("name", "pk"))
    by_id = {spelled(name): f"{PREFIX}{id}" for name, id in groups.items()}
    _move(apps, schema_editor, lambda topic: by_id.get(topic) or _unmarked(topic, ID, NAME))


def to_names(apps: Any, schema_editor: Any) -> None:
    groups = dict(_groups(apps, schema_editor).values_list("pk", "name"))
    by_name = {f"{PREFIX}{id}": spelled(name) for id, name in groups.items()}
    _move(apps, schema_editor, lambda topic: by_name.get(topic) or _unmarked(topic, NAME, ID))


def _groups(apps: Any, schema_editor: Any) -> Any:
    return apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)


def _unmarked(topic: str, mine: str, other: str) -> str:
    """Of a group that is gone: what bears this direction's mark loses it, and digits get the other's."""
    if topic.startswith(mine):
        return PREFIX + topic.removeprefix(mine)
    return other + topic.removeprefix(PREFIX) if DIGITS.fullmatch(topic) else topic


def _move(apps: Any, schema_editor: Any, whither: Callable[[str], str]) -> None:
    database = schema_editor.connection.alias
    rows = apps.get_model("hub_notifications", "Notification").objects.using(database)
    there = rows.filter(topic__startswith=PREFIX).order_by().values_list("topic", flat=True).distinct()
    moves = {topic: new for topic in there if (new := whither(topic)) != topic}
    # A new topic may be another's old one: those step aside first.
    aside = {old: f"{PREFIX}~t{n}" for n, old in enumerate(moves) if old in set(moves.values())}
    for old, new in [*aside.items(), *((aside.get(old, old), new) for old, new in moves.items())]:
        rows.filter(topic=old).update(topic=new)
    for key in apps.get_model("hub_notifications", "ApiKey").objects.using(database).exclude(topics=[]):
        wanted = [whither(one) if _is_exact(one) else one for one in key.topics]
        if wanted != key.topics:
            key.topics = wanted
            key.save(update_fields=["topics"])


def _is_exact(pattern: str) -> bool:
    """A beginning and * is of names, whoever has them."""
    return pattern.startswith(PREFIX) and not pattern.endswith("*")


def lines_to_rooms(apps: Any, schema_editor: Any) -> None:
    line, room = _models(apps, schema_editor)
    for id, name in room.values_list("pk", "name"):
        line.filter(topic=f"room-{name}").update(room_id=id)
    # Those of a room that is gone go after it.
    line.filter(room_id=None).delete()
    # PostgreSQL alters no table that has checks to come.
    schema_editor.connection.check_constraints()


def lines_to_topics(apps: Any, schema_editor: Any) -> None:
    line, room = _models(apps, schema_editor)
    for id, name in room.values_list("pk", "name"):
        line.filter(room_id=id).update(topic=f"room-{name}")


def _models(apps: Any, schema_editor: Any) -> Iterable[Any]:
    database = schema_editor.connection.alias
    return (apps.get_model("hub_notifications", name).objects.using(database) for name in ("Line", "Room"))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("hub_notifications", "0012_keys"),
    ]

    operations = [
        migrations.RunPython(to_ids, to_names),
        migrations.RemoveConstraint(model_name="line", name="one_line_a_position"),
        migrations.AddField(
            model_name="line",
            name="room",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="hub_notifications.room",
            ),
        ),
        migrations.RunPython(lines_to_rooms, lines_to_topics),
        # So that the way back has something to begin with.
        migrations.AlterField(
            model_name="line", name="topic", field=models.CharField(max_length=MAX_LENGTH, default="")
        ),
        migrations.RemoveField(model_name="line", name="topic"),
        migrations.AlterField(
            model_name="line",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="hub_notifications.room",
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(
                models.F("room"), models.F("position"), name="one_line_a_position"
            ),
        ),
    ]
