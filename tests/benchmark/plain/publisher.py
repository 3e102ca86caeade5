"""Publishes from a process of its own: channels on a line of standard input, an answer when sent."""

import json
import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmark.plain.settings"
    django.setup()
    from django_eventstream import send_event

    for line in sys.stdin:
        order = json.loads(line)
        for channel in order["channels"]:
            send_event(channel, order["type"], order["data"])
        print("{}", flush=True)


if __name__ == "__main__":
    main()
