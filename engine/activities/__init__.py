"""The two activities: one runs a node, one writes records. All that touches the world passes through here."""

from engine.activities.node import NodeActivities

__all__ = ["NodeActivities"]
