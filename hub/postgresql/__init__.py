"""The database engine of the hub: Django's for PostgreSQL, with what keeps an outage of it short.

``ENGINE: "hub.postgresql"``. While the database is away its users are refused at once, and one thread asks
for it; a server that hangs is given up in seconds; and the pool is whole again as soon as the database is.
"""
