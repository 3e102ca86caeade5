"""The body of a request: JSON, and nothing that only Python takes for JSON."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser


class Json(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Any JSON; raise `ValueError` with what to do, which ninja makes a refusal of 400."""
        try:
            return json.loads(request.body.decode(), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("The body is nested too deeply.") from None
        except UnicodeDecodeError:
            raise ValueError("The body is not UTF-8.") from None
        except json.JSONDecodeError as error:
            raise ValueError(f"The body is not JSON: {error}.") from None
        except ValueError as error:
            raise ValueError(f"The body bears a number that is none: {error}.") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")
