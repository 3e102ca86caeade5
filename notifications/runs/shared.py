"""The producers' side of runs in this process: one recorder, and what appends for it."""

from __future__ import annotations

from notifications.runs.production import Production
from notifications.runs.recorder import RunRecorder

recorder = RunRecorder()
production = Production(recorder)
