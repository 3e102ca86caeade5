"""List, counts and replay are one inbox, whatever people and senders do, and in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from hub import topics
from hub.log.arrivals import Arrivals
from hub.ports import Person
from notifications import recovery
from notifications.access import belongings
from notifications.inbox import counts, listing, preferences, read_state
from notifications.inbox.preference_rule import Choice, Muted
from notifications.models import Notification, Subscription
from notifications.sending import recalls
from notifications.sending.notify import notify

STEPS = 45
ADDRESSES = ("everyone", "user:ann", "user:bob", "group:crew", "group:ops", "topic:releases")
CATEGORIES = ("builds", "deploys", "security", "")
OPTIONAL = ("builds", "deploys", "")


class World:
    """Three people, two groups, a topic; and one random deed at a time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.people = [User.objects.create_user(name) for name in ("ann", "bob")]
        self.groups = [Group.objects.create(name=name) for name in ("crew", "ops")]
        for group in self.groups:
            group.user_set.add(*self.people)
        self.deeds: tuple[Callable[[], object], ...] = (
            *(
                self.join,
                self.leave,
                self.come_back,
                self.join_unseen,
                self.leave_unseen,
                self.follow,
                self.unfollow,
            ),
            *(self.send, self.send, self.send, self.recall, self.expire, self.take_back_a_sending),
            *(self.read, self.archive, self.all_of_it, self.mute, self.newcomer),
        )

    def step(self) -> None:
        self.random.choice(self.deeds)()

    @property
    def person(self) -> User:
        return self.random.choice(self.people)

    @property
    def group(self) -> Group:
        return self.random.choice(self.groups)

    def newcomer(self) -> None:
        if len(self.people) < 4:
            self.people.append(User.objects.create_user(f"new{len(self.people)}"))

    def join(self) -> None:
        self.person.groups.add(self.group)

    def leave(self) -> None:
        self.person.groups.remove(self.group)

    def come_back(self) -> None:
        person = self.person
        for group in person.groups.all():
            person.groups.remove(group)
            person.groups.add(group)

    def join_unseen(self) -> None:
        member = User.groups.through(user=self.person, group=self.group)
        User.groups.through.objects.bulk_create([member], ignore_conflicts=True)

    def leave_unseen(self) -> None:
        User.groups.through.objects.filter(user=self.person, group=self.group).delete()

    def follow(self) -> None:
        Subscription.objects.get_or_create(user=self.person, topic="releases")

    def unfollow(self) -> None:
        Subscription.objects.filter(user=self.person).delete()

    def send(self) -> None:
        key = self.random.choice(("", "", "same"))
        to = self.random.sample(ADDRESSES, self.random.randint(1, 3))
        for row in notify(to, "Hello", category=self.random.choice(CATEGORIES), key=key):
            position = belongings.position(row.due_at) + self.random.randint(1, 5_000_000)
            Notification.objects.filter(pk=row.pk).update(position=position)

    def recall(self) -> None:
        if row := self.one():
            recalls.recall(row.pk)

    def take_back_a_sending(self) -> None:
        if (row := self.one()) and row.sending_id:
            recalls.recall_sending(row.sending_id, "admin", "")

    def expire(self) -> None:
        if row := self.one():
            Notification.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    def read(self) -> None:
        self.mark(read_state.read)

    def archive(self) -> None:
        self.mark(read_state.archive)

    def all_of_it(self) -> None:
        self.random.choice((read_state.read_all, read_state.see_all))(self.person)

    def mute(self) -> None:
        off: Choice = {"feed": False, "toast": False}
        muted = self.random.sample(OPTIONAL, self.random.randint(0, 2))
        preferences.put(self.person, [], {"categories": dict.fromkeys(muted, off), "quiet_hours": None})

    def mute_a_topic(self) -> None:
        person = self.person
        verb = self.random.choice((preferences.mute, preferences.unmute))
        verb(person, [], self.random.choice(["everyone", "releases", topics.group(self.group.pk)]))

    def one(self) -> Notification | None:
        return Notification.objects.filter(recalled_at=None).order_by("?").first()

    def mark(self, verb: Callable[..., None]) -> None:
        person = self.person
        items, _ = listing.find(person, belongings.of([person.pk])[person.pk].own)
        if items:
            verb(person, self.random.choice(items)["id"])


def replayed(person: Person) -> set[str]:
    """The ids of what a feed from position 0 gives, if the log holds nothing."""
    arrivals = Arrivals(person, person.own)
    events, _, _ = recovery.page({topic: arrivals.begin(topic, 0) for topic in person.own})
    given = [e for e in events if e.type == "notification" and arrivals.includes(e.topic, e.position, e.body)]
    return {event.body.decode().partition('"data":{"id":"')[2][:36] for event in given}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_they_agree_after_every_deed(seed: int) -> None:
    world = World(seed)

    for _ in range(STEPS):
        world.step()

        inboxes = belongings.of([user.pk for user in world.people])
        people = [
            Person(str(user.pk), user.username, inboxes[user.pk].own, inboxes[user.pk].since)
            for user in world.people
        ]
        together = counts.of_all(people)
        for user, person in world.random.sample(list(zip(world.people, people, strict=True)), 1):
            listed, _ = listing.find(user, person.own, limit=1000)
            archived, _ = listing.find(user, person.own, "archived", limit=1000)
            unread, _ = listing.find(user, person.own, "unread", limit=1000)
            everything, _ = listing.find(user, person.own, limit=1000, muted=Muted())
            put_away, _ = listing.find(user, person.own, "archived", limit=1000, muted=Muted())
            count = counts.of(user, person.own)

            assert count["unread"] == len(unread) == sum(item["read_at"] is None for item in listed)
            assert count["unseen"] == sum(item["seen_at"] is None for item in (*listed, *archived))
            assert {key: together[person.id][key] for key in ("unread", "unseen")} == {
                key: count[key] for key in ("unread", "unseen")
            }
            assert replayed(person) == {item["id"] for item in (*everything, *put_away)}
