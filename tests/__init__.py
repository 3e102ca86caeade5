"""The tests: the path says what one needs (CONTRIBUTING.md)."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
