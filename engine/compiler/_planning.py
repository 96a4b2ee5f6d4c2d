"""From an analysed document without problems to the plan that a run interprets."""

from collections.abc import Sequence
from typing import Any

from engine.compiler._analysis import Analysis
from engine.compiler._nodes import CheckedNode
from engine.contracts import ActivityStep, Body, Incoming, Plan, Slots, Step
from engine.graph import Document
from engine.nodes import NO_BODY, RESULT, PlanContext
from engine.nodes.merge import MergeConfig


def make_plan(document: Document, analysis: Analysis) -> Plan:
    """Return the plan; `analysis` must be the document's own and hold no problems."""
    planner = _Planner(analysis)
    return Plan(
        version_hash=document.content_hash(),
        name=document.name,
        steps=planner.steps(None),
        outputs=dict(document.outputs),
        output_schema=document.output_schema or None,
        compensations=planner.compensations(),
    )


class _Planner:
    """Makes the steps of the document and of each body in it."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._position = {node_id: position for position, node_id in enumerate(analysis.checked)}
        self._inside: dict[str | None, list[str]] = {}
        beside = frozenset(analysis.compensations.values())
        for node_id in (one for one in analysis.order if one not in beside):
            self._inside.setdefault(analysis.tree.parents.get(node_id), []).append(node_id)

    def steps(self, container: str | None, *, regular: bool = False) -> tuple[Step, ...]:
        """Return the steps in a container, or of the document, in topological order.

        `regular` says that none may be a local activity. Nests are at most MOST_NESTED deep.
        """
        node_ids = self._inside.get(container, [])
        racing = set(node_ids) if regular else _racing(node_ids, self._analysis)
        steps = (self._step(node_id, regular=node_id in racing) for node_id in node_ids)
        return tuple(step for step in steps if step is not None)

    def compensations(self) -> dict[str, Step]:
        """Return the steps that undo others, by the node which each undoes; they wait for nothing."""
        found = {}
        for node_id, undoing in self._analysis.compensations.items():
            step = _step(self._analysis.checked[undoing], (), (), NO_BODY)
            if step is not None:
                found[node_id] = step.model_copy(update={"on_error": "continue"})
        return found

    def _step(self, node_id: str, *, regular: bool) -> Step | None:
        analysis = self._analysis
        checked = analysis.checked[node_id]
        body = self._body(checked, regular=regular) if checked.type.container else NO_BODY
        incoming, after = analysis.incoming.get(node_id, ()), analysis.implied.get(node_id, ())
        step = _step(checked, incoming, after, body)
        return _regular(step) if regular and step is not None else step

    def _body(self, checked: CheckedNode, *, regular: bool) -> Body:
        node_id = checked.node.id
        result = getattr(checked.config, RESULT, None)
        return Body(
            steps=self.steps(node_id, regular=regular),
            outer=tuple(sorted(self._analysis.tree.outer.get(node_id, ()))),
            result=self._end(node_id) if result in (None, "") else result,
        )

    def _end(self, container: str) -> Any:
        """Return the expression of what a body ends with: its last node's output, or an object of several.

        Their order is the document's.
        """
        analysis, node_ids = self._analysis, self._inside[container]
        drawn = {edge.source for node_id in node_ids for edge in analysis.incoming.get(node_id, ())}
        implied = {source for node_id in node_ids for source in analysis.implied.get(node_id, ())}
        leading = drawn | implied
        outputs = {
            node_id: f"{{{{ nodes.{node_id}.output }}}}"
            for node_id in sorted(node_ids, key=self._position.__getitem__)
            if node_id not in leading and analysis.checked[node_id].outputs
        }
        return next(iter(outputs.values()), None) if len(outputs) < 2 else outputs


def _racing(node_ids: Sequence[str], analysis: Analysis) -> set[str]:
    """Return the nodes that lead to a merge which does not wait for all of its branches."""
    found: set[str] = set()
    for node_id in reversed(node_ids):
        config = analysis.checked[node_id].config
        if node_id in found or (isinstance(config, MergeConfig) and config.needs() is not None):
            found.update(edge.source for edge in analysis.incoming.get(node_id, ()))
            found.update(analysis.implied.get(node_id, ()))
    return found


def _regular(step: Step) -> Step:
    """Return a step that is no local activity: while one runs, no timer or activity beside it can start."""
    return step.model_copy(update={"local": False}) if isinstance(step, ActivityStep) else step


def _step(
    checked: CheckedNode, incoming: Sequence[Incoming], after: tuple[str, ...], body: Body
) -> Step | None:
    if checked.config is None:
        raise ValueError(f"The settings of {checked.node.id} were not checked")
    secret, roots = _secrets(checked) if checked.type.secret_fields else ((), ())
    context = PlanContext(
        config=checked.config,
        incoming=tuple(incoming),
        after=after,
        secret_fields=secret,
        reads=roots,
        body=body,
    )
    step, group = checked.type.plan(checked.node, context), checked.node.policy.concurrency
    if isinstance(step, ActivityStep) and group is not None:
        return step.model_copy(update={"slots": Slots(**group.model_dump())})
    return step


def _secrets(checked: CheckedNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the settings that name secrets, and the parts of the context which they need besides."""
    reads = checked.reads
    secret = tuple(name for name, read in reads.items() if any(path[0] == "secrets" for _, path in read))
    roots = {_root(path) for name in secret for _, path in reads[name] if path[0] != "secrets"}
    return secret, tuple(sorted(roots))


def _root(path: tuple[str | int, ...]) -> str:
    """Return the part of the context that a path needs: `nodes.fetch`, `inputs`, `item` or `run`."""
    return f"nodes.{path[1]}" if path[0] == "nodes" else str(path[0])
