"""The topics that a person follows or mutes by themselves, of those that they may read."""

from __future__ import annotations

from functools import partial

from hub import topics
from hub.errors import Problem
from hub.support import transactions
from notifications import user_model
from notifications.access import judge
from notifications.inbox import preferences, sync
from notifications.inbox.preference_rule import Listed
from notifications.inbox.preferences import MAX_FOLLOWED
from notifications.inbox.subscriptions import unsubscribe
from notifications.models import Subscription
from notifications.user_model import User


def follow(user: User, topic: str) -> Listed:
    """Have what is sent to a live topic in their inbox from now on; return their preferences as `listed`.

    Nothing changes if they follow it. Raises `BadTopic`, or a `Problem` of 403 for a topic that they may not
    read, or of 422 for too many.
    """
    topics.check_live(topic)
    account = judge.accounts([user.pk]).get(user.pk)
    # A manager may look at any topic, which is audited; following needs a right of one's own.
    if account is None or not (topic in account.rights.own or account.rights.opens(topic)):
        raise _unreadable(topic)
    return transactions.run(partial(_follow, user, topic))


def unfollow(user: User, topic: str) -> Listed:
    """The opposite of `follow`."""
    return transactions.run(partial(_unfollow, user, topic))


def mute(user: User, topic: str) -> Listed:
    """See `preferences.mute`. Raises a `Problem` of 422 for the person's own topic, of 403 for one that they
    may not read."""
    if topic == topics.user(user.pk):
        raise Problem(
            422,
            "What is sent to you alone is not muted: turn off its category instead.",
            reason="own_topic",
            field="topic",
        )
    own = judge.own_topics(user)
    if topic not in own:
        _check_readable(user, topics.check_live(topic))
    return preferences.mute(user, own, topic)


def unmute(user: User, topic: str) -> Listed:
    """The opposite of `mute`."""
    return preferences.unmute(user, judge.own_topics(user), topic)


def _check_readable(user: User, topic: str) -> None:
    account = judge.accounts([user.pk]).get(user.pk)
    if account is None or account.rights.denied([topic]):
        raise _unreadable(topic)


def _unreadable(topic: str) -> Problem:
    return Problem(
        403,
        f"You may not read {topic!r}: ask for the right to.",
        reason="unreadable_topic",
        values={"name": topic},
        topics=[topic],
    )


def _follow(user: User, topic: str) -> Listed:
    # The bound holds for two at once, too.
    user_model.users().select_for_update(no_key=True).get(pk=user.pk)
    followed = set(Subscription.objects.filter(user=user).values_list("topic", flat=True))
    if topic not in followed:
        if len(followed) >= MAX_FOLLOWED:
            raise Problem(
                422,
                f"At most {MAX_FOLLOWED} topics can be followed: leave another one first.",
                reason="many_followed",
                values={"most": MAX_FOLLOWED},
            )
        Subscription.objects.create(user=user, topic=topic, chosen=True)
        _tell(user)
    return _listed(user)


def _unfollow(user: User, topic: str) -> Listed:
    if Subscription.objects.filter(user=user, topic=topic).exists():
        unsubscribe(user, topic)
        _tell(user)
    return _listed(user)


def _tell(user: User) -> None:
    sync.notify_after_commit(user.pk, "preferences", _listed(user))


def _listed(user: User) -> Listed:
    return preferences.listed(user, judge.own_topics(user))
