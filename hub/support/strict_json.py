"""A strict parser for untrusted JSON: what it accepts means the same to every reader, and can be stored."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

MAX_DEPTH = 32  # levels of arrays and objects
MAX_INTEGER = (1 << 53) - 1  # browsers parse larger ones imprecisely (RFC 7493, 2.2)

# Numbers that may be too large. No others are parsed by a callback, which costs a call each.
_LARGE = re.compile(r"[0-9]{16}|[0-9.][eE]")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class BadJson(ValueError):
    """Not JSON, or JSON that parsers disagree about; the text says what to do."""


def read(text: bytes, *, storable: bool = True) -> Any:
    """The value of a JSON text in UTF-8; raise `BadJson` and nothing else.

    Without ``storable`` U+0000, half a character and a float that is infinite pass: the caller refuses them
    in the fields that are stored.
    """
    try:
        whole = text.decode()
        exact = _EXACT if storable else _EXACT_INTEGERS
        value = (exact if _LARGE.search(whole) else _QUICK).decode(whole)
    except UnicodeDecodeError:
        raise BadJson("these bytes are not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"{error}.") from None
    except RecursionError:
        raise _too_deep() from None
    # Almost no text has as many brackets as levels are allowed.
    if whole.count("[") + whole.count("{") > MAX_DEPTH:
        _check_depth(value)
    if storable and "\\u" in whole:
        if "\\ud" in whole or "\\uD" in whole:
            _check_halves(value)
        if "\\u0000" in whole and _NUL.search(whole):
            # PostgreSQL cannot store it.
            raise BadJson("the character U+0000 is not allowed: leave it out.")
    return value


def _check_depth(value: Any) -> None:
    if is_deeper(value, MAX_DEPTH):
        raise _too_deep()


def is_deeper(value: Any, levels: int) -> bool:
    """Whether it has more levels of arrays and objects."""
    level: list[Any] = [[value]]
    for _ in range(levels + 1):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _too_deep() -> BadJson:
    return BadJson(f"at most {MAX_DEPTH} levels are allowed: make it flatter.")


def _check_halves(value: Any) -> None:
    """Surrogates in pairs are no problem here: the decoder has joined them."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadJson("half a character (a lone surrogate) is not allowed: leave it out.") from None


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER:
        raise BadJson(f"an integer may not be beyond {MAX_INTEGER}: send it as a string.")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadJson("a number is too great: send it as a string.")
    return value


def _constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON: send null or a string.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        twice = names.most_common(1)[0][0]
        raise BadJson(f"the field {twice[:40]!r} is given twice: give it once.")
    return found


_QUICK = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_EXACT_INTEGERS = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
_EXACT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
