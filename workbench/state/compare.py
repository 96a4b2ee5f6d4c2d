"""Two runs side by side: which node came to something else, and where."""

import json
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from workbench.services import comparisons, runs
from workbench.services.shapes import NodeComparison, NodeRun, ValueChange
from workbench.state.base import AppState
from workbench.state.durations import spoken
from workbench.state.run_views import RunHead, run_head

LONGEST = 300
OTHERS = 20
"""Runs of the same workflow that are offered to compare with."""


@dataclass(frozen=True)
class ChangeRow:
    """A place where two values differ, both as text; an empty text: it is missing there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class SideView:
    """A node in one of the runs; `status` is empty where it has no part in it."""

    status: str = ""
    duration: str = ""
    origin: str = ""
    error: str = ""


@dataclass(frozen=True)
class NodeRow:
    """A node in both runs."""

    node: str
    difference: str
    before: SideView
    after: SideView
    changes: list[ChangeRow] = field(default_factory=list)


class CompareState(AppState):
    """The comparison that the address names."""

    before: RunHead = RunHead()
    after: RunHead = RunHead()
    nodes: list[NodeRow] = []
    inputs: list[ChangeRow] = []
    outputs: list[ChangeRow] = []
    others: list[RunHead] = []
    only_changed: bool = False

    @rx.event
    async def load(self) -> None:
        """Compare the runs of the address; with one alone, offer others to compare it with."""
        query = self.router.url.query_parameters
        before, after = query.get("before", ""), query.get("after", "")
        async with self._guarded(self):
            self.nodes, self.inputs, self.outputs = [], [], []
            self.before, self.after = RunHead(), RunHead()
            if after:
                await self._offer(after)
            if before and after:
                await self._compare(before, after)

    @rx.event
    def show_changed(self, only: bool) -> None:
        """Show only the nodes that differ, or all."""
        self.only_changed = only

    async def _compare(self, before: str, after: str) -> None:
        found = await comparisons.compare(self.principal, before, after)
        self.before, self.after = run_head(found.before), run_head(found.after)
        self.nodes = [_row(node) for node in found.nodes]
        self.inputs = [_change(change) for change in found.inputs]
        self.outputs = [_change(change) for change in found.outputs]

    async def _offer(self, run_id: str) -> None:
        run = await runs.get_run(self.principal, run_id)
        self.after = run_head(run)
        page = await runs.list_runs(self.principal, workflow_id=run.workflow_id, limit=OTHERS)
        self.others = [run_head(one) for one in page.items if one.id != run_id]


def _row(node: NodeComparison) -> NodeRow:
    changes = [_change(change) for change in node.changes]
    return NodeRow(node.node_id, node.difference, _side(node.before), _side(node.after), changes)


def _side(node: NodeRun | None) -> SideView:
    if node is None:
        return SideView()
    return SideView(
        status=node.status,
        duration=spoken(node.duration_ms),
        origin=node.origin.kind if node.origin else "",
        error=node.error.message if node.error else "",
    )


def _change(change: ValueChange) -> ChangeRow:
    return ChangeRow(change.path or "the whole", _text(change.before), _text(change.after))


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
