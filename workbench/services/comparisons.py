"""Two runs side by side: which nodes came to the same, which to something else, and where it differs."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from engine.fingerprints import Dependencies
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as queries
from workbench.db.tables import RunRow
from workbench.services import differences, documents, run_shapes, runs, values
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Comparison, NodeComparison, NodeRun, ValueChange

MOST_BYTES = 200_000
"""Outputs larger than this are compared as a whole, not place by place."""


@requires(Action.RUNS_READ)
async def compare(principal: Principal, before_id: str, after_id: str) -> Comparison:
    """Return how the run `after_id` differs from `before_id`, node by node outside of containers.

    Nodes come in an order in which they could run; those that only the first run's document has come last.
    """

    async def query(session: AsyncSession) -> tuple[_Side, _Side]:
        return await _side(session, principal, before_id), await _side(session, principal, after_id)

    first, second = await get_resources().read(query)
    before, after, old, new = first.run, second.run, first.nodes, second.nodes
    ids = [node_id for node_id in dict.fromkeys((*second.order, *first.order)) if node_id in old | new]
    return Comparison(
        before=run_shapes.summary(before),
        after=run_shapes.summary(after),
        inputs=differences.changes(before.inputs, after.inputs),
        outputs=differences.changes(before.outputs or {}, after.outputs or {}),
        nodes=tuple([await _node(node_id, old.get(node_id), new.get(node_id)) for node_id in ids]),
    )


@dataclass(frozen=True)
class _Side:
    """One of the runs: its nodes, and all nodes of its document in an order in which they could run."""

    run: RunRow
    nodes: dict[str, Any]
    order: tuple[str, ...]


async def _side(session: AsyncSession, principal: Principal, run_id: str) -> _Side:
    run = await runs.require(session, principal, run_id)
    document = await documents.load(await queries.document(session, run.version_id))
    nodes = {row.node_id: row for row in await queries.whole_nodes(session, run_id)}
    return _Side(run, nodes, Dependencies(document).order)


async def _node(node_id: str, old: Any, new: Any) -> NodeComparison:
    before = run_shapes.node_run(old) if old else None
    after = run_shapes.node_run(new) if new else None
    changed = await _changes(old, new) if old and new else ()
    return NodeComparison(
        node_id=node_id,
        difference=_difference(before, after, changed),
        before=before,
        after=after,
        changes=changed,
    )


def _difference(
    before: NodeRun | None, after: NodeRun | None, changed: tuple[ValueChange, ...]
) -> Literal["same", "changed", "only_before", "only_after"]:
    if before is None:
        return "only_after"
    if after is None:
        return "only_before"
    same = (before.status, before.ports, before.error) == (after.status, after.ports, after.error)
    return "same" if same and not changed else "changed"


async def _changes(old: Any, new: Any) -> tuple[ValueChange, ...]:
    """Return where two outputs differ; of large ones only that they do."""
    if old.output_blob is not None and old.output_blob == new.output_blob:
        return ()
    if max(old.output_bytes, new.output_bytes) > MOST_BYTES:
        return (ValueChange(path="", before=old.preview, after=new.preview),)
    return differences.changes(await values.whole(old), await values.whole(new))
