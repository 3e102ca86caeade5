"""Every misconfiguration that the doctor knows by name, and its mend. `docs/operations.md` explains each."""

from __future__ import annotations

DOCS = "docs/operations.md"

# id: name, mend
CATALOGUE = {
    "hub.D001": (
        "buffering proxy",
        "for /feed/: proxy_buffering off, proxy_http_version 1.1, and let X-Accel-Buffering be obeyed.",
    ),
    "hub.D002": (
        "compressed stream",
        "for /feed/: gzip off; text/event-stream in no list of types to compress.",
    ),
    "hub.D003": (
        "read timeout below the heartbeat",
        "for /feed/ and /rooms/: proxy_read_timeout of three times HUB_HEARTBEAT_S.",
    ),
    "hub.D004": (
        "missing upgrade",
        "for /rooms/: proxy_http_version 1.1, and pass the headers Upgrade and Connection.",
    ),
    "hub.D005": (
        "wrong origin list",
        "pass Host and X-Forwarded-Proto as they came; name other sites in HUB_ALLOWED_ORIGINS.",
    ),
    "hub.D006": (
        "origin let in",
        "pass the header Origin as it came: nothing in front may set it or take it away.",
    ),
    "hub.D007": ("host not allowed", "add the host of --url to HUB_ALLOWED_HOSTS."),
    "hub.D008": (
        "host or scheme lost",
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme.",
    ),
    "hub.D009": (
        "wrong HUB_TRUSTED_PROXIES",
        "name the balancer's address in HUB_TRUSTED_PROXIES; have it send X-Forwarded-For.",
    ),
    "hub.D010": (
        "forwarded headers let through",
        "overwrite: proxy_set_header X-Forwarded-For $remote_addr, never $proxy_add_x_forwarded_for.",
    ),
    "hub.D011": ("Daphne-Root-Path let through", 'proxy_set_header Daphne-Root-Path "".'),
    "hub.D012": ("clock skew", "let every machine keep its time by NTP: chronyd or systemd-timesyncd."),
    "hub.D013": (
        "low descriptor limit",
        "raise LimitNOFILE (systemd) or ulimits.nofile (compose), or lower HUB_MAX_CONNECTIONS.",
    ),
    "hub.D014": ("Redis eviction policy", "maxmemory-policy noeviction in Redis's configuration."),
    "hub.D015": ("Redis too old", "run Redis 6.2 or later."),
    "hub.D016": ("memory log with several processes", "set HUB_REDIS_URL, the same on every instance."),
    "hub.D017": (
        "deaf instance",
        "give every instance the same HUB_REDIS_URL, and look at its /readyz and at hub_hearing.",
    ),
    "hub.D018": ("migrations not applied", "run manage.py migrate, once."),
    "hub.D019": (
        "too few database connections",
        "raise PostgreSQL's max_connections, lower HUB_THREADS, or put PgBouncer between.",
    ),
    "hub.D020": (
        "static files not served",
        "run manage.py collectstatic, and point the balancer's /static/ at that folder.",
    ),
    "hub.D021": ("TLS missing", "serve https at the balancer and set HUB_TLS=1."),
    "hub.D022": ("no HTTP/2", "listen … ssl http2: over HTTP/1.1 a browser has six connections a site."),
    "hub.D023": (
        "bad certificate",
        "serve one that is in time, with its chain, and for the host that people ask for.",
    ),
    "hub.D024": ("operator's pages public", "answer 404 for /metrics and /readyz at the balancer."),
    "hub.D025": ("way closed", "see the status and the text above, and the instance's log."),
    "hub.D026": (
        "unlike instances",
        "deploy one version with one environment to all instances, and run the doctor in it.",
    ),
    "hub.D027": ("secrets differ", "give every instance, and the doctor, the same HUB_SECRET_KEY."),
    "hub.D028": (
        "database role too strong",
        "serve as a role that owns nothing, and migrate as another: docs/operations/postgres.sql makes both.",
    ),
}
