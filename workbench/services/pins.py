"""Pins: values kept beside a draft that stand for a node's output in test runs, and only in those."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import fingerprints
from engine.contracts import NodeRecord
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import seeds as queries
from workbench.db.ids import now
from workbench.db.paging import Rows
from workbench.db.tables import PinRow
from workbench.errors import NotFound
from workbench.services import documents, given, runs, values, workflows
from workbench.services.access import requires
from workbench.services.operations import Add, Batch, Operation, Rename, Replace
from workbench.services.resources import get_resources
from workbench.services.shapes import NodeOutput, Pin


@requires(Action.WORKFLOWS_READ)
async def list_pins(principal: Principal, workflow_id: str) -> tuple[Pin, ...]:
    """Return the draft's pins, those of nodes that are gone too: an undo may bring them back."""

    async def query(session: AsyncSession) -> Rows:
        await workflows.require(session, principal, workflow_id)
        return await queries.pins(session, workflow_id)

    return tuple(shape(row) for row in await get_resources().read(query))


@requires(Action.WORKFLOWS_READ)
async def read_pin(principal: Principal, workflow_id: str, node_id: str) -> NodeOutput:
    """Return the value that is pinned to a node. Raises NotFound."""

    async def query(session: AsyncSession) -> PinRow | None:
        await workflows.require(session, principal, workflow_id)
        return await queries.pin(session, workflow_id, node_id)

    row = await get_resources().read(query)
    if row is None:
        raise NotFound(f"Nothing is pinned to {node_id[:64]!r}.")
    return NodeOutput(node_id=node_id, media_type=row.media_type, value=await values.whole(row))


@requires(Action.WORKFLOWS_WRITE)
async def pin_value(
    principal: Principal, workflow_id: str, node_id: str, *, value: Any, media_type: str = given.JSON
) -> Pin:
    """Pin a value to a node of the draft. Raises Invalid when one of them is impossible."""
    return await _pin(principal, workflow_id, node_id, value=value, media_type=media_type, run_id=None)


@requires(Action.WORKFLOWS_WRITE)
async def pin_output(
    principal: Principal, workflow_id: str, node_id: str, *, run_id: str, called: str = ""
) -> Pin:
    """Pin what the node gave in a run, in which it may have been `called` otherwise. Raises NotFound."""
    output = await runs.node_output(principal, run_id, called or node_id)
    return await _pin(
        principal, workflow_id, node_id, value=output.value, media_type=output.media_type, run_id=run_id
    )


@requires(Action.WORKFLOWS_WRITE)
async def unpin(principal: Principal, workflow_id: str, node_id: str) -> None:
    """Let the node run again; one without a pin stays as it is."""
    async with get_resources().transaction() as session:
        await workflows.require(session, principal, workflow_id)
        await queries.remove_pin(session, workflow_id, node_id)


async def follow(
    session: AsyncSession, workflow_id: str, before: Document, operation: Operation, *, again: bool = False
) -> None:
    """Let the pins of a draft follow an edit of what was there `before`: another id takes its pin along.

    A deleted node's pin stays under its id, so that undo brings both back; a new node of that id takes none
    over. `again` says that the edit is an undo or a redo: what it adds is no new node.
    """
    match operation:
        case Rename(id=old, new_id=new) if old != new:
            await queries.swap_pins(session, workflow_id, old, new)
        case Add(nodes=nodes) if not again:
            await queries.remove_pins(session, workflow_id, {node.id for node in nodes})
        case Replace(document=document) if not again:
            known = {node.id for node in before.nodes}
            await queries.remove_pins(session, workflow_id, {node.id for node in document.nodes} - known)
        case Batch(operations=operations):
            for one in operations:
                await follow(session, workflow_id, before, one, again=again)


def shape(row: Any) -> Pin:
    """Return the shape of a pin's row."""
    names = ("node_id", "media_type", "preview", "output_bytes", "run_id", "pinned_by", "pinned_at")
    return Pin.model_validate({name: getattr(row, name) for name in names})


async def _pin(
    principal: Principal, workflow_id: str, node_id: str, *, value: Any, media_type: str, run_id: str | None
) -> Pin:
    workflow = await get_resources().read(lambda session: workflows.require(session, principal, workflow_id))
    node = given.node_of(await documents.load(workflow.document), node_id)
    record = given.record(node, value, kind="pinned", media_type=media_type)
    row = _row(workflow_id, record, await values.keep(value), by=principal.id, run_id=run_id)
    async with get_resources().transaction() as session:
        await workflows.require(session, principal, workflow_id)
        await queries.put_pin(session, row)
    return shape(row)


def _row(workflow_id: str, record: NodeRecord, kept: values.Kept, *, by: str, run_id: str | None) -> PinRow:
    return PinRow(
        workflow_id=workflow_id,
        node_id=record.node_id,
        ports=list(record.ports),
        media_type=record.media_type,
        preview=kept.preview,
        output=kept.output,
        output_blob=kept.output_blob,
        output_bytes=kept.output_bytes,
        fingerprint=fingerprints.of_value(record),
        run_id=run_id,
        pinned_by=by,
        pinned_at=now(),
    )
