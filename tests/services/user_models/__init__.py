"""The hub in projects with user models of their own; `checks.py` runs in each of them."""
