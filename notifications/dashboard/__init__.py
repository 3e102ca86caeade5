"""What staff look at under ``/dashboard/``. Pages are thin over the verbs of the app."""
