"""The one router: of two, the first would hide the other's methods on the same path."""

from __future__ import annotations

from ninja import Router

router = Router()
