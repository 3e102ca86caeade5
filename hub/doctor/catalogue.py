"""Every misconfiguration that the doctor names, and its remedy. `docs/operations.md` explains each."""

from __future__ import annotations

DOCS = "docs/operations.md"

# id: name, remedy
CATALOGUE = {
    "hub.D001": (
        "buffering proxy",
        "for /feed/: proxy_buffering off, proxy_http_version 1.1, and do not ignore X-Accel-Buffering; "
        "in HAProxy option http-no-delay.",
    ),
    "hub.D002": (
        "compressed stream",
        "for /feed/: gzip off; do not list text/event-stream among the types to compress.",
    ),
    "hub.D003": (
        "read timeout below the heartbeat",
        "for /feed/ and /rooms/: set proxy_read_timeout to three times HUB_HEARTBEAT_S.",
    ),
    "hub.D004": (
        "missing upgrade",
        "for /rooms/: proxy_http_version 1.1, and pass the headers Upgrade and Connection.",
    ),
    "hub.D005": (
        "wrong origin list",
        "pass Host and X-Forwarded-Proto unchanged; list other sites in HUB_ALLOWED_ORIGINS.",
    ),
    "hub.D006": (
        "foreign origin accepted",
        "pass the header Origin unchanged: nothing in front may set or remove it.",
    ),
    "hub.D007": ("host not allowed", "add the host of --url to HUB_ALLOWED_HOSTS."),
    "hub.D008": (
        "host or scheme lost",
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme.",
    ),
    "hub.D009": (
        "wrong HUB_TRUSTED_PROXIES",
        "list the balancer's address in HUB_TRUSTED_PROXIES; have it send X-Forwarded-For.",
    ),
    "hub.D010": (
        "forwarded headers passed on",
        "overwrite: proxy_set_header X-Forwarded-For $remote_addr, never $proxy_add_x_forwarded_for.",
    ),
    "hub.D011": ("Daphne-Root-Path passed on", 'proxy_set_header Daphne-Root-Path "".'),
    "hub.D012": ("clock skew", "synchronize every machine by NTP: chronyd or systemd-timesyncd."),
    "hub.D013": (
        "low descriptor limit",
        "raise LimitNOFILE (systemd) or ulimits.nofile (compose), or lower HUB_MAX_CONNECTIONS.",
    ),
    "hub.D014": ("Redis eviction policy", "set maxmemory-policy noeviction in Redis's configuration."),
    "hub.D015": ("Redis too old", "run Redis 6.2 or later."),
    "hub.D016": ("memory log with several processes", "set HUB_REDIS_URL, the same on every instance."),
    "hub.D017": (
        "disconnected instance",
        "give every instance the same HUB_REDIS_URL; check its /readyz and the metric hub_hearing.",
    ),
    "hub.D018": ("migrations not applied", "run manage.py migrate, once."),
    "hub.D019": (
        "too few database connections",
        "raise PostgreSQL's max_connections, lower HUB_THREADS, or use PgBouncer.",
    ),
    "hub.D020": (
        "static files not served",
        "run manage.py collectstatic, and point the balancer's /static/ at that folder.",
    ),
    "hub.D021": ("TLS missing", "serve https at the balancer and set HUB_TLS=1."),
    "hub.D022": ("no HTTP/2", "listen … ssl http2: over HTTP/1.1 a browser opens six connections per site."),
    "hub.D023": (
        "bad certificate",
        "serve a valid one, with its chain, for the host in --url.",
    ),
    "hub.D024": ("operators' pages public", "answer 404 for /metrics and /readyz at the balancer."),
    "hub.D025": ("request refused", "see the status and the text above, and the instance's log."),
    "hub.D026": (
        "instances differ",
        "deploy one version with one environment to all instances, and run the doctor in that environment.",
    ),
    "hub.D027": ("secrets differ", "give every instance, and the doctor, the same HUB_SECRET_KEY."),
    "hub.D030": (
        "Authorization dropped",
        "pass the header Authorization unchanged: in squid login=PASSTHRU, and no auth of the proxy's own.",
    ),
    "hub.D028": (
        "database role too strong",
        "serve as a role that owns nothing, and migrate as another: docs/operations/postgres.sql makes both.",
    ),
    "hub.D029": (
        "Redis refuses appends",
        "do what the error says; instances go on by themselves, and are ready, once Redis accepts appends.",
    ),
}
