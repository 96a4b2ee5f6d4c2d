"""Runs: starting one bound to a version, reading what it did, stopping it."""

import asyncio
from typing import Any, Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.contracts import Plan, RunRequest
from engine.errors import DocumentInvalid
from engine.graph import Document
from engine.ids import BlobRef
from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db.ids import is_id, new_id, now
from workbench.db.json_text import loads
from workbench.db.paging import decode_cursor, encode_cursor, page_size
from workbench.db.tables import NodeRunRow, RunRow, VersionRow, WorkflowRow
from workbench.errors import Invalid, NotFound, Unavailable
from workbench.services import documents, inputs, run_shapes, workflows
from workbench.services.blobs import PostgresBlobStore
from workbench.services.events import Change
from workbench.services.resources import get_resources
from workbench.services.shapes import NodeOutput, Page, RunDetail, RunEvent, RunSummary

log = structlog.get_logger(__name__)

TEMPORAL_S = 5.0
"""How long a request waits for Temporal. What it could not do then, `reconcile` does later."""

Which = Literal["live", "draft"] | int | None


async def start_run(
    principal: Principal, *, workflow_id: str, inputs: dict[str, Any], version: Which = None
) -> RunDetail:
    """Start a run of the live version, the draft as it is, version N, or (None) live if any, else the draft.

    Raises Invalid with every problem of the document and of the inputs; nothing is stored then. With
    Temporal away the run stays queued, and starts when Temporal is back.
    """
    resources = get_resources()
    async with resources.transaction() as session:
        workflow = await workflows.require(session, principal, workflow_id)
        bound = await _version(session, principal, workflow, version)
        document = await documents.load(bound.document)
        plan = await _plan(document)
        row = _row(principal, workflow, bound, _checked_inputs(document, inputs))
        row.change = await queries.next_change(session)
        session.add(row)
    publish(row)
    await launch(row, plan)
    return run_shapes.detail(row, ())


async def list_runs(
    principal: Principal,
    *,
    workflow_id: str | None = None,
    status: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[RunSummary]:
    """Return a page of runs, newest first."""
    limit, before = page_size(limit), decode_cursor(cursor)
    if workflow_id is not None and not is_id(workflow_id):
        return Page(items=())
    rows = await get_resources().read(
        lambda session: queries.page(
            session,
            owner=principal.id,
            limit=limit + 1,
            before=before,
            workflow_id=workflow_id,
            status=status,
        )
    )
    items = tuple(run_shapes.summary(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].created_at, items[-1].id) if more else None)


async def get_run(principal: Principal, run_id: str) -> RunDetail:
    """Return the run with its nodes."""

    async def query(session: AsyncSession) -> RunDetail:
        row = await require(session, principal, run_id)
        nodes = tuple(run_shapes.node_run(node) for node in await queries.nodes(session, run_id))
        return run_shapes.detail(row, nodes)

    return await get_resources().read(query)


async def has_ended(principal: Principal, run_id: str) -> bool:
    """Return whether the run has ended. Raises NotFound."""
    row = await get_resources().read(lambda session: require(session, principal, run_id))
    return row.status in queries.SETTLED


async def get_run_document(principal: Principal, run_id: str) -> Document:
    """Return the document that the run is bound to."""

    async def query(session: AsyncSession) -> dict[str, Any]:
        row = await require(session, principal, run_id)
        return await queries.document(session, row.version_id)

    return await documents.load(await get_resources().read(query))


async def cancel_run(principal: Principal, run_id: str) -> RunDetail:
    """Ask the run to stop; a run that has ended stays as it is.

    The wish is stored first, so that it holds although Temporal may be away at this moment.
    """
    async with get_resources().transaction() as session:
        row = await require(session, principal, run_id, lock=True)
        wanted = row.status not in queries.SETTLED
        if wanted and row.cancel_requested_at is None:
            row.cancel_requested_at = now()
    if wanted:
        await _cancel(run_id)
    return await get_run(principal, run_id)


async def node_output(principal: Principal, run_id: str, node_id: str) -> NodeOutput:
    """Return a node's whole output. Raises NotFound when the node has none (yet)."""
    row = await _node(principal, run_id, node_id)
    value = row.output
    if row.output_blob:
        data = await _blob(row.output_blob)
        value = await asyncio.to_thread(loads, data)
    return NodeOutput(node_id=node_id, media_type=row.media_type, value=value)


async def artifact(principal: Principal, run_id: str, node_id: str) -> tuple[bytes, str, str]:
    """Return the bytes, the media type and the name of the file that a node put out."""
    output = (await node_output(principal, run_id, node_id)).value
    if not isinstance(output, dict) or "$artifact" not in output:
        raise NotFound(f"The output of {node_id!r} is a value, not a file; read it as the node's output.")
    name = str(output.get("name") or node_id)
    media_type = str(output.get("media_type") or "application/octet-stream")
    return await _blob(str(output["$artifact"])), media_type, name


async def require(session: AsyncSession, principal: Principal, run_id: str, *, lock: bool = False) -> RunRow:
    """Return the run's row, or raise NotFound. The one place that decides who may see a run."""
    row = await queries.get(session, run_id, lock=lock)
    if row is None or row.started_by != principal.id:
        raise NotFound(f"There is no run {run_id[:64]!r}.")
    return row


async def launch(row: RunRow, plan: Plan) -> None:
    """Hand a queued run to Temporal; doing it again is harmless. With Temporal away, the run stays queued."""
    request = RunRequest(run_id=row.id, plan=plan, inputs=row.inputs)
    try:
        async with asyncio.timeout(TEMPORAL_S):
            await (await get_resources().temporal()).start(request)
    except (Unavailable, RPCError, TimeoutError) as error:
        log.warning("run.start-postponed", run_id=row.id, error=str(error) or type(error).__name__)


def publish(row: RunRow) -> None:
    """Tell watchers of the run's present state."""
    event = RunEvent(id="", run_id=row.id, run=run_shapes.summary(row))
    get_resources().events.publish([Change(row.change, event)])


async def _version(
    session: AsyncSession, principal: Principal, workflow: WorkflowRow, version: Which
) -> VersionRow:
    if version == "live" and workflow.live_version is None:
        raise Invalid("The workflow has no live version. Publish its draft first, or run the draft.")
    number = workflow.live_version if version in ("live", None) else version
    if isinstance(number, int):
        return await workflows.require_version(session, workflow.id, number)
    return await workflows.snapshot(session, principal, workflow, await documents.load(workflow.document))


async def _plan(document: Document) -> Plan:
    try:
        return await documents.compile_plan(document)
    except DocumentInvalid as error:
        documents.require_none(error.problems, "The workflow cannot be run.")
        raise


def _checked_inputs(document: Document, given: dict[str, Any]) -> dict[str, Any]:
    filled = inputs.with_defaults(document.inputs, given)
    documents.require_none(inputs.check(document.inputs, filled), "The inputs do not fit.")
    return filled


def _row(principal: Principal, workflow: WorkflowRow, version: VersionRow, values: dict[str, Any]) -> RunRow:
    return RunRow(
        id=new_id(),
        workflow_id=workflow.id,
        workflow_name=workflow.name,
        version_id=version.id,
        version_number=version.number,
        version_hash=version.content_hash,
        status="queued",
        change=0,
        inputs=values,
        started_by=principal.id,
        created_at=now(),
    )


async def _cancel(run_id: str) -> None:
    try:
        async with asyncio.timeout(TEMPORAL_S):
            await (await get_resources().temporal()).cancel(run_id)
    except (Unavailable, RPCError, TimeoutError) as error:
        log.warning("run.cancel-postponed", run_id=run_id, error=str(error) or type(error).__name__)


async def _node(principal: Principal, run_id: str, node_id: str) -> NodeRunRow:
    async def query(session: AsyncSession) -> NodeRunRow | None:
        await require(session, principal, run_id)
        return await queries.node(session, run_id, node_id)

    row = await get_resources().read(query)
    if row is None or row.status not in queries.NODE_SETTLED:
        raise NotFound(f"The run has no output of a node {node_id[:64]!r}, or not yet.")
    return row


async def _blob(ref: str) -> bytes:
    try:
        return await PostgresBlobStore(get_resources()).get(BlobRef(ref))
    except KeyError as error:
        raise NotFound("The content of this output is no longer in the blob store.") from error
