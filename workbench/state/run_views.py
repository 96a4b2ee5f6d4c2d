"""What is shown of a run beside the canvas: its head, its timeline, and a node's whole output."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.contracts import TERMINAL, Decided, Origin
from engine.errors import Failure
from workbench import routes
from workbench.services import people
from workbench.services.shapes import NodeOutput, NodeRun, RunSummary
from workbench.state.durations import spoken
from workbench.state.passes import place_in_words
from workbench.state.views import Label, labels_of, triggered_by

JSON = "application/json"

MOST_BYTES = 2_000_000
"""An output larger than this is not sent into the page."""


@dataclass(frozen=True)
class RunHead:
    """A run in a bar or a title. `number` is 0 for a draft; `open` says that it can still be cancelled.

    `trigger` says what started it, empty for a person; `trigger_href` is the run whose end it was. `parent`
    is the run that it is a sub-workflow of, `forked_from` the run that it went on from; `held` says that it
    waits to be allowed more.
    """

    id: str = ""
    workflow_id: str = ""
    workflow_name: str = ""
    version: str = ""
    number: int = 0
    status: str = ""
    started_at: str = ""
    finished_at: str = ""
    duration: str = ""
    error: str = ""
    error_node: str = ""
    hint: str = ""
    open: bool = False
    trigger: str = ""
    trigger_href: str = ""
    parent: str = ""
    held: bool = False
    labels: list[Label] = field(default_factory=list)
    forked_from: str = ""


@dataclass(frozen=True)
class TimelineRow:
    """A node's bar in the timeline; `left` and `width` are per cent of the run's time so far."""

    node: str
    status: str
    attempt: int
    offset: str
    duration: str
    left: float
    width: float
    error: str


@dataclass(frozen=True)
class OutputView:
    """A node's whole output. `note` says why there is none; `href` is where a file's bytes are.

    `sources` are the nodes that its input came from; `elsewhere` is the address of an output that is too
    large to be shown here. `where` says in which pass it stands: `each 4 › pages 1`. `called` is the address
    of the run that a sub-workflow node began. `asks` is what a node that waits wants of a person: a
    "decision" about its failure, or an "event".

    `run` is the run that has it, an `older` one than is watched; `origin` is "reused" (from `origin_run`),
    "pinned" or "edited" where that run did not make it. `failed_passes` are a container's. `decided` says
    what somebody decided about its failure, and why.
    """

    node: str = ""
    status: str = ""
    value: Any = None
    media_type: str = "application/json"
    href: str = ""
    note: str = ""
    error: str = ""
    hint: str = ""
    detail: str = ""
    attempt: int = 0
    duration: str = ""
    sources: list[str] = field(default_factory=list)
    elsewhere: str = ""
    scope: str = ""
    asks: str = ""
    run: str = ""
    older: bool = False
    origin: str = ""
    origin_run: str = ""
    failed_passes: int = 0
    where: str = ""
    called: str = ""
    decided: str = ""


@dataclass(frozen=True)
class Mark:
    """What is kept of a node's run for the timeline and the output tab; the cell has the rest.

    `scope` is the pass in which it stands; `for_event` says that it waits for one: then its preview says
    which.
    """

    status: str
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    duration: str
    media_type: str
    size: int
    error: Failure | None
    scope: str = ""
    for_event: bool = False
    origin: Origin | None = None
    failed_passes: int = 0
    decision: Decided | None = None

    @classmethod
    def of(cls, node: NodeRun) -> "Mark":
        """Return the mark of `node`."""
        return cls(
            node.status,
            node.attempt,
            node.started_at,
            node.finished_at,
            spoken(node.duration_ms),
            node.media_type,
            node.output_bytes if node.status in TERMINAL else 0,
            node.error,
            node.scope,
            node.status == "waiting" and _names_event(node.preview),
            node.origin,
            node.tally.failed if node.tally else 0,
            node.decision,
        )


def _names_event(preview: str) -> bool:
    """Return whether what a node waits for is an event, not a person."""
    try:
        return "event" in json.loads(preview)
    except (ValueError, TypeError):
        return False


def output_view(
    node_id: str, node: Mark | None, output: NodeOutput | None = None, *, href: str = ""
) -> OutputView:
    """Return what the output tab shows of `node`; None: it has not been reached."""
    if node is None:
        return OutputView(node_id, note="The run has not come to this node.")
    error = node.error
    return OutputView(
        node=node_id,
        status=node.status,
        value=output.value if output else None,
        media_type=output.media_type if output else node.media_type,
        href=href if output and _is_file(output.value) else "",
        note="" if output else _note(node),
        error=error.message if error else "",
        hint=error.hint if error else "",
        detail=error.detail if error else "",
        origin=node.origin.kind if node.origin else "",
        origin_run=(node.origin.run_id or "") if node.origin else "",
        failed_passes=node.failed_passes,
        attempt=node.attempt,
        duration=node.duration,
        where=place_in_words(node.scope),
        scope=node.scope,
        asks=_asks(node),
        decided=_decided(node.decision) if node.decision else "",
    )


def _note(node: Mark) -> str:
    if node.status == "skipped" and node.decision:
        return "It was skipped after it had failed."
    return _NOTES.get(node.status, "It gave no output.")


def _decided(decision: Decided) -> str:
    did = _DECIDED[decision.action]
    who = people.name_of(decision.by)
    return f"{who} {did}: {decision.reason}" if decision.reason else f"{who} {did}."


def _asks(node: Mark) -> str:
    if node.status != "waiting":
        return ""
    return "decision" if node.error else "event" if node.for_event else ""


def pinned_view(output: NodeOutput) -> OutputView:
    """Return what the output tab shows of a node whose value is pinned."""
    return OutputView(
        node=output.node_id,
        status="succeeded",
        value=output.value,
        media_type=JSON if _is_file(output.value) else output.media_type,
        origin="pinned",
    )


def too_large(node_id: str, mark: Mark, *, href: str) -> OutputView:
    """Return what stands for an output that is too large for the page."""
    note = f"The output has {mark.size / 1e6:.1f} MB, too much to be shown here."
    return replace(output_view(node_id, mark), note=note, elsewhere=href)


_DECIDED = {
    "retry": "had it tried again",
    "output": "gave its output",
    "skip": "skipped it",
    "abort": "let it fail",
}

_NOTES = {
    "running": "It is running.",
    "waiting": "It is waiting.",
    "skipped": "It was skipped: no branch that was taken leads to it.",
    "cancelled": "It was cancelled.",
    "failed": "",
}


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and "$artifact" in value


def run_head(run: RunSummary) -> RunHead:
    """Return the head of `run`."""
    ended = run.finished_at
    took = (ended - (run.started_at or run.created_at)).total_seconds() * 1_000 if ended else None
    return RunHead(
        id=run.id,
        workflow_id=run.workflow_id or "",
        workflow_name=run.workflow_name,
        version=f"Version {run.version}" if run.version else "Draft",
        number=run.version or 0,
        status=run.status,
        started_at=(run.started_at or run.created_at).isoformat(),
        finished_at=ended.isoformat() if ended else "",
        duration=spoken(took),
        error=run.error.message if run.error else "",
        error_node=_failed_node(run.error) if run.error else "",
        hint=run.error.hint if run.error else "",
        open=run.status in ("queued", "running", "waiting"),
        trigger=triggered_by(run),
        trigger_href=routes.run(run.trigger.run_id) if run.trigger.run_id else "",
        parent=routes.run(run.parent.run_id) if run.parent else "",
        held=run.status in ("running", "waiting") and run.error is not None,
        labels=labels_of(run),
        forked_from=(run.trigger.id or "") if run.trigger.type == "fork" else "",
    )


def _failed_node(failure: Failure) -> str:
    """Return the node in which it went wrong: of a failed container, the one inside."""
    return (failure.place or failure.node or "").rpartition("/")[2]


def timeline(marks: Mapping[str, Mark], *, since: datetime, until: datetime) -> list[TimelineRow]:
    """Return the bars of the nodes that have started, the first one on top."""
    whole = max((until - since).total_seconds(), 0.001)
    rows = [
        (mark.started_at, _bar(name, mark, mark.started_at, since, until, whole))
        for name, mark in marks.items()
        if mark.started_at and not mark.origin
    ]
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _bar(
    name: str, mark: Mark, begin: datetime, since: datetime, until: datetime, whole: float
) -> TimelineRow:
    end = mark.finished_at or until
    left = min(max((begin - since).total_seconds() / whole, 0), 1)
    width = min(max((end - begin).total_seconds() / whole, 0), 1 - left)
    return TimelineRow(
        node=name,
        status=mark.status,
        attempt=mark.attempt,
        offset=spoken((begin - since).total_seconds() * 1_000),
        duration=mark.duration,
        left=round(left * 100, 3),
        width=round(width * 100, 3),
        error=mark.error.message if mark.error else "",
    )
