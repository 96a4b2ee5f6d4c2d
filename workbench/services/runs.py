"""Runs: starting one bound to a version, reading what it did, stopping it."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.contracts import Budget
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as queries
from workbench.db.ids import is_id, now
from workbench.db.json_text import text_of
from workbench.db.paging import decode_cursor, encode_cursor, page_size
from workbench.db.tables import NodeRunRow, RunRow
from workbench.errors import Conflict, NotFound, Unavailable
from workbench.services import documents, pauses, run_options, run_shapes, starts, stops, values
from workbench.services.access import requires
from workbench.services.beginnings import Beginning
from workbench.services.resources import get_resources
from workbench.services.run_options import BY_HAND, NOTHING_ASKED, RunOptions, Trigger
from workbench.services.shapes import NodeOutput, Page, RunDetail, RunSummary
from workbench.services.starts import TEMPORAL_S, Asked, Which

log = structlog.get_logger(__name__)


@requires(Action.RUNS_START)
async def start_run(
    principal: Principal,
    *,
    workflow_id: str,
    inputs: dict[str, Any],
    version: Which = None,
    options: RunOptions = NOTHING_ASKED,
    trigger: Trigger = BY_HAND,
    patience_s: float = TEMPORAL_S,
    beginning: Beginning = None,
) -> RunDetail:
    """Start a run of the live version, the draft as it is, version N, or (None) live if any, else the draft.

    Raises Invalid with every problem of the options, the document and the inputs, and Conflict when the
    idempotency key stood for another request; nothing is stored then. A key that was used for the same
    request gives the run of then. With Temporal away, which takes up to `patience_s` seconds to
    notice, the run stays queued, and starts when Temporal is back.

    A run of the draft is a test run: it takes pinned values in place of what their nodes would give.
    `beginning` says that only a part of the draft runs, or that it goes on from an older run.
    """
    documents.require_none(run_options.check(options, at=now()), "The run cannot be started like this.")
    asked = Asked(workflow_id, inputs, version, options, trigger, beginning)
    async with get_resources().transaction() as session:
        row, compiled = await starts.store(session, principal, asked)
    if compiled is None:
        if row.status == "queued":  # the first request may have been cut off before Temporal knew of the run
            await starts.relaunch(row, patience_s=patience_s)
        return await get_run(principal, row.id)
    starts.publish(row)
    await starts.launch(row, compiled, patience_s=patience_s)
    return await get_run(principal, row.id) if row.test or beginning else run_shapes.detail(row, ())


@requires(Action.RUNS_READ)
async def list_runs(
    principal: Principal,
    *,
    workflow_id: str | None = None,
    status: str | None = None,
    trigger: str | None = None,
    labels: Mapping[str, str] = MappingProxyType({}),
    parent_run_id: str | None = None,
    parent_place: str | None = None,
    forked_from: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[RunSummary]:
    """Return a page of runs, newest first, that have all of `labels` and a trigger of the type `trigger`.

    Of a run those that it began itself (`parent_run_id`), or that one of its nodes did (`parent_place`), or
    that went on from it (`forked_from`).
    """
    limit, before = page_size(limit), decode_cursor(cursor)
    if not all(is_id(wanted) for wanted in (workflow_id, parent_run_id, forked_from) if wanted is not None):
        return Page(items=())
    labels = {text_of(name): text_of(value) for name, value in labels.items()}
    rows = await get_resources().read(
        lambda session: queries.page(
            session,
            limit=limit + 1,
            before=before,
            workflow_id=workflow_id,
            status=status,
            trigger=trigger,
            labels=labels,
            parent_run_id=parent_run_id,
            parent_place=parent_place and text_of(parent_place),
            forked_from=forked_from,
        )
    )
    items = tuple(run_shapes.summary(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].created_at, items[-1].id) if more else None)


@requires(Action.RUNS_READ)
async def get_run(principal: Principal, run_id: str) -> RunDetail:
    """Return the run with its nodes outside of passes; `passes` has those inside."""

    async def query(session: AsyncSession) -> RunDetail:
        row = await require(session, principal, run_id)
        nodes = tuple(run_shapes.node_run(node) for node in await queries.nodes(session, run_id))
        return run_shapes.detail(row, nodes)

    return await get_resources().read(query)


@requires(Action.RUNS_READ)
async def has_ended(principal: Principal, run_id: str) -> bool:
    """Return whether the run has ended. Raises NotFound."""
    row = await get_resources().read(lambda session: require(session, principal, run_id))
    return row.status in queries.SETTLED


@requires(Action.RUNS_READ)
async def get_run_document(principal: Principal, run_id: str) -> Document:
    """Return the document that the run is bound to."""

    async def query(session: AsyncSession) -> dict[str, Any]:
        row = await require(session, principal, run_id)
        return await queries.document(session, row.version_id)

    return await documents.load(await get_resources().read(query))


@requires(Action.RUNS_STOP)
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


@requires(Action.RUNS_STOP)
async def raise_budget(principal: Principal, run_id: str, budget: Budget) -> RunDetail:
    """Give a run that goes on another budget; one that waits for it goes on.

    Raises Conflict when the run has ended, and Unavailable when Temporal is away: nothing is changed then.
    """
    row = await get_resources().read(lambda session: require(session, principal, run_id))
    if row.status in queries.SETTLED:
        raise Conflict("The run has ended. Start it again with a larger budget.")
    try:
        async with asyncio.timeout(TEMPORAL_S):
            await (await get_resources().temporal()).raise_budget(run_id, budget)
    except (RPCError, TimeoutError) as error:
        raise Unavailable("Temporal does not answer; the budget stays as it was.") from error
    async with get_resources().transaction() as session:
        (await require(session, principal, run_id, lock=True)).budget = budget.model_dump()
        await pauses.raised(session, principal, run_id, budget)
    return await get_run(principal, run_id)


@requires(Action.RUNS_STOP)
async def terminate_run(principal: Principal, run_id: str) -> RunDetail:
    """End the run at once, and what was begun under it; nothing that was done is undone.

    A run that has ended stays as it is. It holds although Temporal may be away at this moment.
    """
    async with get_resources().transaction() as session:
        await require(session, principal, run_id, lock=True)
        rows = await queries.mark_terminating(session, run_id)
    for row in rows:
        await stops.finish(row)
    return await get_run(principal, run_id)


@requires(Action.RUNS_READ)
async def node_output(principal: Principal, run_id: str, node_id: str, *, scope: str = "") -> NodeOutput:
    """Return a node's whole output. Raises NotFound when the node has none (yet)."""
    row = await _node(principal, run_id, node_id, scope)
    value = await values.whole(row)
    return NodeOutput(node_id=node_id, scope=scope, media_type=row.media_type, value=value)


@requires(Action.RUNS_READ)
async def artifact(
    principal: Principal, run_id: str, node_id: str, *, scope: str = ""
) -> tuple[bytes, str, str]:
    """Return the bytes, the media type and the name of the file that a node put out."""
    output = (await node_output(principal, run_id, node_id, scope=scope)).value
    if not isinstance(output, dict) or "$artifact" not in output:
        raise NotFound(f"The output of {node_id!r} is a value, not a file; read it as the node's output.")
    name = str(output.get("name") or node_id)
    media_type = str(output.get("media_type") or "application/octet-stream")
    return await values.file(principal, str(output["$artifact"])), media_type, name


async def require(session: AsyncSession, principal: Principal, run_id: str, *, lock: bool = False) -> RunRow:
    """Return the run's row, or raise NotFound. The one place that decides who may see a run."""
    row = await queries.get(session, run_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no run {run_id[:64]!r}.")
    return row


async def _cancel(run_id: str) -> None:
    try:
        async with asyncio.timeout(TEMPORAL_S):
            await (await get_resources().temporal()).cancel(run_id)
    except (Unavailable, RPCError, TimeoutError) as error:
        log.warning("run.cancel-postponed", run_id=run_id, error=str(error) or type(error).__name__)


async def _node(principal: Principal, run_id: str, node_id: str, scope: str) -> NodeRunRow:
    async def query(session: AsyncSession) -> NodeRunRow | None:
        await require(session, principal, run_id)
        return await queries.node(session, run_id, node_id, scope)

    row = await get_resources().read(query)
    if row is None or row.status not in queries.NODE_SETTLED:
        raise NotFound(f"The run has no output of a node {node_id[:64]!r}, or not yet.")
    return row
