"""One list of behaviours that each of the hub's own clients has, tried against three instances behind nginx.

A client is tried through a *driver*, a program in ``drivers/`` with one argument, a JSON object:

    {"url": "http://127.0.0.1:8080", "token": "…", "topics": ["job-1"], "last_event_id": "176…" | null}

It opens one feed with these topics and without the inbox (``own=0``), by that token as Bearer, and prints
JSON objects, one a line, flushed at once:

    {"event": {"id": "176…", "type": "progress", "topic": "job-1", "data": …}}   each once, in order
    {"reset": {"topics": ["job-1"], "reason": "trimmed"}}                        `stream-reset`
    {"state": "live" | "degraded" | "reconnecting"}                              when it changes
    {"topics": ["job-1", "job-2"]}                                               `stream-topics`
    {"error": {"reason": "revoked" | "expired" | "unauthorized" | "forbidden"}}  the last line: it gives up

It reads commands from its standard input, in the same form, and ends when that is closed:

    {"add": ["job-2"], "remove": ["job-1"]}      the topics of the feed change
    {"pause": 2.0}                               for so many seconds it reads nothing of its feed
"""
