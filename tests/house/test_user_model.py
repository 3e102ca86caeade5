"""The user model is the project's: one module alone knows of Django's, and only for types."""

from __future__ import annotations

import ast

from tests import ROOT


def test_no_module_imports_djangos_user() -> None:
    imports = [
        str(path.relative_to(ROOT))
        for package in ("hub", "notifications")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.contrib.auth.models"
        if any(alias.name == "User" for alias in node.names)
    ]

    assert imports == ["notifications/user_model.py"]
