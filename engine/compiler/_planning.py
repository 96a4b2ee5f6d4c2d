"""From an analysed document without problems to the plan that a run interprets."""

from collections.abc import Sequence

from engine.compiler._analysis import Analysis
from engine.compiler._nodes import CheckedNode
from engine.contracts import ActivityStep, Incoming, MergeStep, Plan, Step
from engine.graph import Document
from engine.nodes import PlanContext


def make_plan(document: Document, analysis: Analysis) -> Plan:
    """Return the plan; `analysis` must be the document's own and hold no problems."""
    steps: list[Step] = []
    for node_id in analysis.order:
        step = _step(
            analysis.checked[node_id], analysis.incoming.get(node_id, ()), analysis.implied.get(node_id, ())
        )
        if step is not None:
            steps.append(step)
    racing = _racing(steps)
    return Plan(
        version_hash=document.content_hash(),
        name=document.name,
        steps=tuple(_regular(step) if step.id in racing else step for step in steps),
        outputs=dict(document.outputs),
    )


def _racing(steps: Sequence[Step]) -> set[str]:
    """Return the steps that lead to a merge which does not wait for all of its branches."""
    found: set[str] = set()
    for step in reversed(steps):
        if step.id in found or (isinstance(step, MergeStep) and step.needs is not None):
            found.update(edge.source for edge in step.incoming)
            found.update(step.after)
    return found


def _regular(step: Step) -> Step:
    """Return a step that is no local activity: while one runs, no timer or activity beside it can start."""
    return step.model_copy(update={"local": False}) if isinstance(step, ActivityStep) else step


def _step(checked: CheckedNode, incoming: Sequence[Incoming], after: tuple[str, ...]) -> Step | None:
    if checked.config is None:
        raise ValueError(f"The settings of {checked.node.id} were not checked")
    secret, roots = _secrets(checked) if checked.type.secret_fields else ((), ())
    return checked.type.plan(
        checked.node,
        PlanContext(
            config=checked.config,
            incoming=tuple(incoming),
            after=after,
            secret_fields=secret,
            reads=roots,
        ),
    )


def _secrets(checked: CheckedNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the settings that name secrets, and the parts of the context which they need besides."""
    reads = checked.reads
    secret = tuple(name for name, read in reads.items() if any(path[0] == "secrets" for _, path in read))
    roots = {_root(path) for name in secret for _, path in reads[name] if path[0] != "secrets"}
    return secret, tuple(sorted(roots))


def _root(path: tuple[str | int, ...]) -> str:
    """Return the part of the context that a path needs: `nodes.fetch`, `inputs` or `run`."""
    return f"nodes.{path[1]}" if path[0] == "nodes" else str(path[0])
