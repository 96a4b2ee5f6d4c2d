"""Telling runs what was decided about their tasks, until they have taken it; not while it can be undone.

A process that dies between storing a decision and telling it, or a Temporal that is away, delays only the
telling: `tell` does that. The run counts a decision once, by its id, and has the last word: what it refuses
is taken back here.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from psycopg import Error as PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine import deciding
from engine.contracts import Deliberation, HumanDecision
from engine.errors import DecisionRefused
from workbench.db import tasks as queries
from workbench.db.ids import now
from workbench.db.pauses import KINDS
from workbench.db.tables import TaskDecisionRow, TaskRow
from workbench.errors import WorkbenchError
from workbench.services import pauses, task_shapes, tasks
from workbench.services.notifications import tasks as telling
from workbench.services.resources import Resources, get_resources
from workbench.services.starts import TEMPORAL_S

log = structlog.get_logger(__name__)

EVERY_S = 5.0
GRACE = timedelta(seconds=15)
"""What whoever stored a decision may take to tell the run, before somebody else does."""

TRIES = 10
PAUSE_S = 0.1
"""A task's row is there a moment before the run knows of it; so it is asked again, briefly."""

BATCH = 200
LATE = "decision-late"


@dataclass(frozen=True)
class Told:
    """A stored decision, of which run and kind of task."""

    decision: HumanDecision
    run_id: str
    kind: str


def follow(row: TaskRow, so_far: Deliberation) -> None:
    """Bring a task's row to what has come of it."""
    row.deliberation = so_far.model_dump(mode="json")
    row.assignees = list(deciding.asked(task_shapes.parts(row)[1], so_far))
    if so_far.verdicts and so_far.verdicts[-1].action == "delegate":
        row.claimed_by = row.claimed_name = row.claimed_at = None
    if row.status in ("open", "decided"):
        row.status, row.outcome = ("decided", so_far.outcome) if so_far.outcome else ("open", None)


async def tell_one(resources: Resources, told: Told) -> None:
    """Tell a run of a decision, and keep what it made of it; `tell` does it later where it is silent."""
    try:
        refused = await _bring(resources, told)
    except (WorkbenchError, RPCError, TimeoutError, OSError) as error:
        log.warning("tasks.telling-postponed", run_id=told.run_id, error=str(error) or type(error).__name__)
        return
    async with resources.transaction() as session:
        await _keep(session, told, refused)


async def _bring(resources: Resources, told: Told) -> DecisionRefused | None:
    """Bring a run a decision; return why it was refused, None where it was taken."""
    async with asyncio.timeout(TEMPORAL_S):
        for tries_left in reversed(range(TRIES)):
            try:
                if told.kind in KINDS:
                    await pauses.bring(resources, told.run_id, told.kind, told.decision)
                else:
                    await (await resources.temporal()).decide_task(told.run_id, told.decision)
                return None
            except DecisionRefused as error:
                if not tries_left or error.kind != LATE:
                    return error
            await asyncio.sleep(PAUSE_S)
    return None


async def _keep(session: AsyncSession, told: Told, refused: DecisionRefused | None) -> None:
    """Keep what a run made of a decision; one that it may have taken unseen stays to be told."""
    row = await session.get(TaskDecisionRow, told.decision.id)
    if row is None:
        return
    task = await tasks.found(session, row.task_id, lock=True)
    await session.refresh(row, with_for_update=True)
    if row.status == "pending" and refused is None:
        row.status, row.why = "counted", None
        if told.kind in KINDS and task.status == "decided":
            task.status, task.closed_at = "done", now()
    if told.kind in KINDS and task.status == "done":
        await telling.settled(session, get_resources(), task, await queries.decisions(session, task.id))
    if row.status != "pending" or refused is None:
        return
    if refused.kind != LATE or await pauses.is_certain(session, task):
        row.status, row.why = "refused", str(refused)
        await session.flush()
        await take_back(session, row.task_id)


async def take_back(session: AsyncSession, task_id: str) -> None:
    """Let a task be what the decisions make of it that were not refused."""
    row = await tasks.found(session, task_id, lock=True)
    opening, opened, _ = task_shapes.parts(row)
    so_far = deciding.escalated(Deliberation(), opened) if row.escalated_at else Deliberation()
    for decision in await queries.decisions(session, task_id):
        if decision.status != "refused":
            so_far = deciding.counted(opening, opened, so_far, task_shapes.stored(decision))
    follow(row, so_far)


_timers: set[asyncio.Task[None]] = set()


def tell_at(at: datetime) -> None:
    """Tell what is due at a time; a process that dies before leaves that to `run_forever`."""

    async def wait() -> None:
        await asyncio.sleep((at - now()).total_seconds() + 0.01)
        try:
            await tell()
        except (WorkbenchError, SQLAlchemyError, PostgresError, OSError) as error:
            log.warning("tasks.postponed", error=str(error) or type(error).__name__)

    timer = asyncio.create_task(wait())
    _timers.add(timer)
    timer.add_done_callback(_timers.discard)


async def run_forever() -> None:
    """Tell runs of decisions that they were not told."""
    while True:
        try:
            await tell()
        except (WorkbenchError, SQLAlchemyError, PostgresError, OSError) as error:
            log.warning("tasks.postponed", error=str(error) or type(error).__name__)
        await asyncio.sleep(EVERY_S)


async def tell() -> int:
    """Tell the runs whose time has come; return how many decisions that were."""
    resources = get_resources()
    async with resources.transaction() as session:
        found = await queries.to_be_told(session, before=now(), limit=BATCH)
        due = [Told(task_shapes.stored(row), run_id, kind) for row, run_id, kind in found]
        for row, *_ in found:
            row.status, row.tell_at = "pending", now() + GRACE
    for told in due:
        await tell_one(resources, told)
    return len(due)
