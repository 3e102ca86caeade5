"""Input as WebDriver and WebDriver BiDi describe it alike (https://www.w3.org/TR/webdriver2/#actions)."""

from __future__ import annotations

from typing import Any

from tests.browser.engines.tab import Point

CODES = {"Enter": "\ue007", "Escape": "\ue00c"}


def drag(points: tuple[Point, ...]) -> list[dict[str, Any]]:
    moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in points]
    down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
    return [{"type": "pointer", "id": "mouse", "actions": [moves[0], down, *moves[1:], up]}]


def press(keys: tuple[str, ...]) -> list[dict[str, Any]]:
    codes = [CODES.get(key, key) for key in keys]
    strokes = [{"type": kind, "value": code} for code in codes for kind in ("keyDown", "keyUp")]
    return [{"type": "key", "id": "keyboard", "actions": strokes}]
