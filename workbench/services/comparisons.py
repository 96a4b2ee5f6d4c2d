"""Two runs side by side: which nodes came to the same, which to something else, and where it differs."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db.tables import RunRow
from workbench.services import differences, run_shapes, runs, values
from workbench.services.resources import get_resources
from workbench.services.shapes import Comparison, NodeComparison, NodeRun, ValueChange

MOST_BYTES = 200_000
"""Outputs larger than this are compared as a whole, not place by place."""


async def compare(principal: Principal, before_id: str, after_id: str) -> Comparison:
    """Return how the run `after_id` differs from `before_id`, node by node outside of containers.

    Nodes come in the order in which they ran, those of the first run before those that only the second has.
    """

    async def query(session: AsyncSession) -> tuple[RunRow, RunRow, dict[str, Any], dict[str, Any]]:
        before = await runs.require(session, principal, before_id)
        after = await runs.require(session, principal, after_id)
        return before, after, await _nodes(session, before_id), await _nodes(session, after_id)

    before, after, old, new = await get_resources().read(query)
    ids = [*old, *(node_id for node_id in new if node_id not in old)]
    return Comparison(
        before=run_shapes.summary(before),
        after=run_shapes.summary(after),
        inputs=differences.changes(before.inputs, after.inputs),
        outputs=differences.changes(before.outputs or {}, after.outputs or {}),
        nodes=tuple([await _node(node_id, old.get(node_id), new.get(node_id)) for node_id in ids]),
    )


async def _nodes(session: AsyncSession, run_id: str) -> dict[str, Any]:
    return {row.node_id: row for row in await queries.whole_nodes(session, run_id)}


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
