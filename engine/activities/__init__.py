"""The activities: everything a run does outside its own workflow."""

from engine.activities.events import EventActivities
from engine.activities.node import NodeActivities

__all__ = ["EventActivities", "NodeActivities"]
