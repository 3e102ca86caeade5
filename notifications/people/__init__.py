"""People whose accounts another system keeps: created, changed and deactivated by its programs."""
