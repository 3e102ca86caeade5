"""The scenes, by topic."""

from __future__ import annotations

from notifications.demo.scenes.build_log import BUILD_LOG_SCENE
from notifications.demo.scenes.jobs import JOB_SCENES
from notifications.demo.scenes.metrics import METRICS_SCENE
from notifications.demo.scenes.order_status import ORDER_SCENE
from notifications.demo.scenes.prices import PRICES_SCENE
from notifications.demo.scenes.scene import Scene
from notifications.demo.scenes.scores import SCORES_SCENE

SCENES = (METRICS_SCENE, PRICES_SCENE, SCORES_SCENE, *JOB_SCENES, BUILD_LOG_SCENE, ORDER_SCENE)


def scene_of(topic: str) -> Scene | None:
    """The scene whose events a topic carries; None for a topic that is not the gallery's."""
    return next((scene for scene in SCENES if scene.covers(topic)), None)
