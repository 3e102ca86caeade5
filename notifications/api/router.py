"""The only router: the first of two would hide the other's methods on the same path."""

from __future__ import annotations

from ninja import Router

router = Router()
