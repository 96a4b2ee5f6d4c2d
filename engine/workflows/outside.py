"""What reaches a run from outside: events, decisions, ends of sub-workflows, free slots, another budget."""

from dataclasses import dataclass, field

from engine.workflows.children import Children
from engine.workflows.limits import Allowance
from engine.workflows.line import Line
from engine.workflows.pauses import Pauses
from engine.workflows.people import People
from engine.workflows.waits import Waits


@dataclass(frozen=True, slots=True)
class Outside:
    """The steps that wait for something from outside, by what they wait for."""

    waits: Waits = field(default_factory=Waits)
    pauses: Pauses = field(default_factory=Pauses)
    people: People = field(default_factory=People)
    children: Children = field(default_factory=Children)
    line: Line = field(default_factory=Line)
    allowance: Allowance = field(default_factory=Allowance)

    @property
    def is_news(self) -> bool:
        """Whether something came that the run has not taken note of yet."""
        return self.pauses.decided or self.allowance.is_given()
