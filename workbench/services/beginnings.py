"""What a run begins with, other than with nothing: a part of a draft, or an older run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from workbench.services.standing import What


@dataclass(frozen=True)
class Part:
    """A part of the draft: `what` runs (of `node`, where it is about one); what older runs hold is reused.

    `edits` are outputs to try, by node, in place of what those nodes would give.
    """

    what: What
    node: str = ""
    edits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Onward:
    """How a map or loop goes on: `retry` its failed passes, or `restart` at pass `at`, counted from 0."""

    kind: Literal["retry", "restart"]
    at: int = 0


@dataclass(frozen=True)
class Again:
    """An older run once more: from `node` on, and wherever `edits` or other inputs reach.

    The rest is taken over as it was.

    `containers` are maps and loops that go on where the older run had come to, by node.
    """

    run_id: str
    node: str = ""
    edits: Mapping[str, Any] = field(default_factory=dict)
    containers: Mapping[str, Onward] = field(default_factory=dict)


Beginning = Part | Again | None
"""None: the whole of what is asked for. In a run of a draft, pinned values count in any case."""


def as_json(beginning: Beginning) -> Any:
    """Return what tells one beginning from another."""
    return None if beginning is None else [type(beginning).__name__, asdict(beginning)]
