"""Error replies of Redis are told apart, as every version words them; others are none of them."""

from __future__ import annotations

import pytest
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from hub.log import redis_errors

SCRIPT = "script: 9f1c, on @user_script:36."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReadOnlyError(f"You can't write against a read only replica. {SCRIPT}"), "READONLY"),
        (
            ResponseError("Error running script (call to f_9f1c): @user_script:36: -READONLY You can't"),
            "READONLY",
        ),
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "OOM"),
        (ResponseError("Error running script: @user_script: 36: -OOM command not allowed"), "OOM"),
        (NoPermissionError("this user has no permissions to run the 'evalsha' command"), "NOPERM"),
        (
            ResponseError(f"The user executing the script can't run this command or subcommand {SCRIPT}"),
            "NOPERM",
        ),
        (
            ResponseError(f"The user executing the script can't access at least one of the keys {SCRIPT}"),
            "NOPERM",
        ),
        (ResponseError("NOPERM ACL failure in script: User has no permissions"), "NOPERM"),
        (AuthenticationError("invalid username-password pair or user is disabled."), "WRONGPASS"),
        (ConnectionError("Redis refuses: NOAUTH Authentication required."), "WRONGPASS"),
        (ConnectionError("Redis refuses: WRONGPASS invalid username-password pair"), "WRONGPASS"),
        (BusyLoadingError("Redis is loading the dataset in memory"), "LOADING"),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), "MISCONF"),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), "NOREPLICAS"),
        (ConnectionError("Redis closed the connection"), ""),
        (TimeoutError("Timeout reading from socket"), ""),
        (ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), ""),
        (OSError("READ ONLY file system"), ""),
    ],
)
def test_a_reply_has_its_code_and_what_to_do(error: RedisError | OSError, code: str) -> None:
    assert redis_errors.code(error) == code
    assert bool(redis_errors.trouble(error)) == bool(code)


def test_every_code_has_a_remedy() -> None:
    assert redis_errors.REMEDIES.keys() >= redis_errors.MISDIRECTED
    assert all(redis_errors.REMEDIES.values())
