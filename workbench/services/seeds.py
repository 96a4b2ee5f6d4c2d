"""What a run begins with: the nodes that are settled beforehand, and the steps that are left to run.

The settled nodes are rows of the new run from the start, copied where the outputs are, so that nothing large
moves; `load` reads them again whenever the run is handed to Temporal. Only runs of drafts know pinned and
edited values; `EngineClient.start` refuses them in any other.
"""

from dataclasses import dataclass, field
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncSession

from engine import compiler
from engine.contracts import ContainerState, NodeRecord, Origin, Plan
from engine.graph import Document
from workbench.db import runs as run_queries
from workbench.db import seeds as queries
from workbench.db.json_text import text_of
from workbench.db.tables import NodeRunRow, RunRow, SeedRow
from workbench.errors import Conflict
from workbench.services import seeds_again, seeds_part, values
from workbench.services.beginnings import Again, Beginning, Part
from workbench.services.resources import get_resources
from workbench.services.seeds_part import Seeds


@dataclass(frozen=True)
class Loaded:
    """What the engine is told of a beginning: the plan of what is left, and what is known."""

    plan: Plan
    seed: tuple[NodeRecord, ...] = ()
    containers: dict[str, ContainerState] = field(default_factory=dict)


async def store(
    session: AsyncSession, row: RunRow, document: Document, plan: Plan, beginning: Beginning
) -> None:
    """Store what the new run `row` of `document`, whose plan is `plan`, begins with.

    Raises Invalid when it names what is not there, and Conflict when nothing is left to run.
    """
    match beginning:
        case None:
            if not row.test:
                return
            seeds = await seeds_part.of(session, row, document, Part("all"))
        case Part():
            seeds = await seeds_part.of(session, row, document, beginning)
        case Again():
            seeds = await seeds_again.of(session, row, document, plan, beginning)
        case _:
            assert_never(beginning)
    if seeds.steps is not None and not seeds.steps:
        raise Conflict("Nothing has to run: every output that this needs is up to date.")
    await _write(session, row, seeds)


async def load(row: RunRow, plan: Plan) -> Loaded:
    """Return what the run `row` begins with; `plan` is that of its whole document."""

    async def query(session: AsyncSession) -> tuple[SeedRow | None, list[NodeRunRow]]:
        return await queries.get(session, row.id), list(await queries.settled_beforehand(session, row.id))

    seeds, nodes = await get_resources().read(query)
    if seeds is None:
        return Loaded(plan)
    settled = {node.node_id for node in nodes}
    steps = {step.id for step in plan.steps} - settled if seeds.steps is None else set(seeds.steps)
    return Loaded(
        compiler.part_of(plan, run=steps, settled=settled),
        tuple([await _record(node) for node in nodes]),
        {name: ContainerState.model_validate(one) for name, one in (seeds.containers or {}).items()},
    )


async def _write(session: AsyncSession, row: RunRow, seeds: Seeds) -> None:
    stored = SeedRow(
        run_id=row.id,
        fingerprints=seeds.fingerprints,
        steps=None if seeds.steps is None else sorted(seeds.steps),
        containers={name: one.model_dump(mode="json") for name, one in seeds.containers.items()} or None,
    )
    await queries.put(session, stored)
    await queries.copy_nodes(session, row.id, seeds.reused)
    if row.workflow_id:
        await queries.copy_pins(session, row.id, row.workflow_id, seeds.pinned)
    for record in seeds.edited:
        session.add(await _edited_row(session, row, record))
    await session.flush()


async def _edited_row(session: AsyncSession, row: RunRow, record: NodeRecord) -> NodeRunRow:
    kept = await values.keep(record.output)
    return NodeRunRow(
        run_id=row.id,
        node_id=record.node_id,
        status=record.status,
        attempt=1,
        change=await run_queries.next_change(session),
        finished_at=row.created_at,
        ports=list(record.ports),
        media_type=text_of(record.media_type),
        preview=kept.preview,
        output=kept.output,
        output_blob=kept.output_blob,
        output_bytes=kept.output_bytes,
        origin=record.origin.model_dump() if record.origin else None,
    )


async def _record(node: NodeRunRow) -> NodeRecord:
    """Return a settled row as the engine knows it."""
    names = (
        "node_id", "status", "started_at", "finished_at", "attempt", "ports", "media_type", "error", "tally",
    )  # fmt: skip
    return NodeRecord.model_validate(
        {
            **{name: getattr(node, name) for name in names},
            "output": await values.whole(node),
            "origin": Origin.model_validate(node.origin),
        }
    )
