"""What reaches a run from outside while it goes on: events, decisions, the ends of its sub-workflows."""

from dataclasses import dataclass, field

from engine.workflows.children import Children
from engine.workflows.pauses import Pauses
from engine.workflows.waits import Waits


@dataclass(frozen=True, slots=True)
class Outside:
    """The steps that wait for something from outside, by what they wait for."""

    waits: Waits = field(default_factory=Waits)
    pauses: Pauses = field(default_factory=Pauses)
    children: Children = field(default_factory=Children)
