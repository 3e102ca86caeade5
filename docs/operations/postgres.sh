#!/bin/sh
# Run once by PostgreSQL's image, when it makes its first database; on its socket, before the network is open.
set -eu
psql -q --username postgres -v owner_password="$POSTGRES_OWNER_PASSWORD" -v hub_password="$POSTGRES_HUB_PASSWORD" \
    -f /etc/postgresql/hub.sql
# The superuser has a password because the image asks for one, and never comes over the network.
sed -i '1i host all postgres all reject' "$PGDATA/pg_hba.conf"
