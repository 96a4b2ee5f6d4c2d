"""From a wish to a run: the version it is bound to, its plan, its row, and the word to Temporal."""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.contracts import Budget, RunRequest
from engine.errors import DocumentInvalid
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db import scoping
from workbench.db.ids import new_id, now
from workbench.db.tables import RunRow, VersionRow, WorkflowRow
from workbench.errors import Conflict, Invalid, KeyUsed, Unavailable
from workbench.services import (
    beginnings,
    documents,
    inputs,
    run_options,
    run_shapes,
    seeds,
    subworkflows,
    workflows,
)
from workbench.services.beginnings import Again, Beginning
from workbench.services.events import Change
from workbench.services.resources import get_resources
from workbench.services.run_options import RunOptions, Trigger
from workbench.services.shapes import RunEvent
from workbench.services.subworkflows import Compiled

log = structlog.get_logger(__name__)

TEMPORAL_S = 5.0
"""How long a request waits for Temporal. What it could not do then, `reconcile` does later."""

Which = Literal["live", "draft"] | int | None
"""A version: the live one, the draft as it is, number N, or (None) the live one if any, else the draft."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants to run."""

    workflow_id: str
    inputs: dict[str, Any]
    version: Which
    options: RunOptions
    trigger: Trigger
    beginning: Beginning = None

    @property
    def request_hash(self) -> str:
        """What tells this request from another under the same idempotency key."""
        if self.trigger.request is not None:
            return self.trigger.request
        return run_options.request_hash(
            workflow_id=self.workflow_id,
            version=self.version,
            inputs=self.inputs,
            beginning=beginnings.as_json(self.beginning),
        )


async def store(session: AsyncSession, principal: Principal, asked: Asked) -> tuple[RunRow, Compiled | None]:
    """Store a new run and return its row and plans; or the run, without any, that has the same key already.

    Raises Invalid with every problem of the document and of the inputs, and Conflict when the idempotency
    key stood for another request.
    """
    if (row := await _known(session, principal, asked)) is not None:
        return row, None
    workflow = await workflows.require(session, principal, asked.workflow_id, keep=True)
    bound = await _bound(session, principal, workflow, asked)
    document = await documents.load(bound.version.document)
    # What was published may call what the caller does not see: who published it did.
    with nullcontext() if bound.version.number is None else scoping.unnarrowed(session):
        compiled = await _compiled(session, workflow, document)
    new = _row(principal, workflow, bound, document, asked)
    new.may_call = [pinned.version_id for pinned in compiled.plans.values()]
    new.change = await queries.next_change(session)
    if await queries.insert(session, new):
        await seeds.store(session, new, document, compiled.plan, asked.beginning)
        return new, compiled
    row = await _known(session, principal, asked)  # somebody else took the key just now
    if row is None:
        raise Conflict("Another run with this idempotency key began and is gone. Start the run again.")
    return row, None


async def launch(row: RunRow, compiled: Compiled, *, patience_s: float = TEMPORAL_S) -> None:
    """Hand a queued run to Temporal; doing it again is harmless. With Temporal away, the run stays queued."""
    seeded = row.test or row.trigger_type == "fork"
    begins = await seeds.load(row, compiled.plan) if seeded else seeds.Loaded(compiled.plan)
    request = RunRequest(
        run_id=row.id,
        plan=begins.plan,
        plans=compiled.plans,
        inputs=row.inputs,
        test=row.test,
        seed=begins.seed,
        containers=begins.containers,
        priority=row.priority,
        deadline=row.deadline_at,
        budget=Budget.model_validate(row.budget) if row.budget else None,
    )
    try:
        async with asyncio.timeout(patience_s):
            await (await get_resources().temporal()).start(request)
    except (Unavailable, RPCError, TimeoutError) as error:
        log.warning("run.start-postponed", run_id=row.id, error=str(error) or type(error).__name__)


async def relaunch(row: RunRow, *, patience_s: float = TEMPORAL_S) -> None:
    """Hand a queued run to Temporal whose start may have been cut off.

    Raises DocumentInvalid or ValidationError when its document, stored by another version of the workbench,
    cannot be read any more.
    """

    async def query(session: AsyncSession) -> Compiled:
        document = await documents.load(await queries.document(session, row.version_id))
        with scoping.unnarrowed(session):  # the run was accepted
            return await subworkflows.compile_run(
                session, row.workspace_id, document, workflow_id=row.workflow_id
            )

    await launch(row, await get_resources().read(query), patience_s=patience_s)


def publish(row: RunRow) -> None:
    """Tell watchers of the run's present state."""
    event = RunEvent(id="", run_id=row.id, run=run_shapes.summary(row))
    get_resources().events.publish([Change(row.change, event)])


UNREADABLE = (DocumentInvalid, ValidationError)
"""What `relaunch` raises when the run can never be started."""


async def _known(session: AsyncSession, principal: Principal, asked: Asked) -> RunRow | None:
    key = asked.options.idempotency_key
    row = await queries.with_key(session, principal.workspace, key) if key else None
    if row is not None and row.request_hash != asked.request_hash:
        raise KeyUsed(
            f"The idempotency key {key!r} was used for run {row.id}, "
            "with another workflow, version or inputs. Take a new key for a new run."
        )
    return row


@dataclass(frozen=True)
class _Bound:
    """The version that a run is bound to; `test` says that it is run to try things, under no number."""

    version: VersionRow
    test: bool


async def _bound(session: AsyncSession, principal: Principal, workflow: WorkflowRow, asked: Asked) -> _Bound:
    if isinstance(asked.beginning, Again):
        return await _as_before(session, asked.beginning)
    if asked.version == "live" and workflow.live_version is None:
        raise Invalid("The workflow has no live version. Publish its draft first, or run the draft.")
    number = workflow.live_version if asked.version in ("live", None) else asked.version
    if isinstance(number, int):
        return _Bound(await workflows.require_version(session, workflow.id, number), test=False)
    document = await documents.load(workflow.document)
    return _Bound(await workflows.snapshot(session, principal, workflow, document), test=True)


async def _as_before(session: AsyncSession, again: Again) -> _Bound:
    """Return what the older run was bound to; with an edited value, it is a test whatever it was."""
    old = await queries.get(session, again.run_id)
    version = await session.get(VersionRow, old.version_id) if old else None
    if old is None or version is None:
        raise Conflict("The run to go on from is gone.")
    return _Bound(version, test=old.test or bool(again.edits))


def _row(
    principal: Principal, workflow: WorkflowRow, bound: _Bound, document: Document, asked: Asked
) -> RunRow:
    at, options = now(), asked.options
    budget = run_options.budget(options, document.limits)
    return RunRow(
        id=new_id(),
        workflow_id=workflow.id,
        workflow_name=workflow.name,
        version_id=bound.version.id,
        version_number=None if bound.test else bound.version.number,
        version_hash=bound.version.content_hash,
        test=bound.test,
        status="queued",
        change=0,
        inputs=_checked_inputs(document, asked.inputs),
        workspace_id=workflow.workspace_id,
        started_by=principal.id,
        created_at=at,
        priority=options.priority,
        deadline_at=run_options.deadline(options, document.limits, at=at),
        budget=budget.model_dump() if budget else None,
        idempotency_key=options.idempotency_key,
        request_hash=asked.request_hash if options.idempotency_key else None,
        labels=dict(options.labels),
        trigger_type=asked.trigger.type,
        trigger_id=asked.trigger.id,
        trigger_run_id=asked.trigger.run_id,
        trigger_waiter=asked.trigger.waiter,
    )


async def _compiled(session: AsyncSession, workflow: WorkflowRow, document: Document) -> Compiled:
    try:
        return await subworkflows.compile_run(
            session, workflow.workspace_id, document, workflow_id=workflow.id
        )
    except DocumentInvalid as error:
        documents.require_none(error.problems, "The workflow cannot be run.")
        raise


def _checked_inputs(document: Document, given: dict[str, Any]) -> dict[str, Any]:
    filled = inputs.with_defaults(document.inputs, given)
    documents.require_none(inputs.check(document.inputs, filled), "The inputs do not fit.")
    return filled
