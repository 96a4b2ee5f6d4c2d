"""The activities: everything a run does outside its own workflow."""

from engine.activities.delivery import DeliveryActivities
from engine.activities.events import EventActivities
from engine.activities.inbox import InboxActivities
from engine.activities.node import NodeActivities
from engine.activities.outputs import check_outputs
from engine.activities.starts import StartActivities

__all__ = [
    "DeliveryActivities",
    "EventActivities",
    "InboxActivities",
    "NodeActivities",
    "StartActivities",
    "check_outputs",
]
