"""Deciding tasks. A decision is stored first, under the rules, and told to its run until that has taken it.

A process that dies between the two, or a Temporal that is away, delays only the telling: `tell` does that.
The run counts a decision once, by its id, and has the last word: what it refuses is taken back here.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from psycopg import Error as PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine import deciding
from engine.contracts import Deliberation, HumanAction, HumanDecision
from engine.deciding import Refusal
from engine.errors import DecisionRefused, Problem
from engine.misfits import place
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import deciders
from workbench.db import tasks as queries
from workbench.db.ids import is_id, new_id, now
from workbench.db.tables import TaskDecisionRow, TaskRow
from workbench.errors import Conflict, Forbidden, Invalid, WorkbenchError
from workbench.services import given, handing_on, task_inbox, task_shapes, task_trail, tasks
from workbench.services.access import requires
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import Shape
from workbench.services.starts import TEMPORAL_S
from workbench.services.task_shapes import TaskDetail

log = structlog.get_logger(__name__)

EVERY_S = 5.0
GRACE = timedelta(seconds=15)
"""What whoever stored a decision may take to tell the run, before somebody else does."""

TRIES = 10
PAUSE_S = 0.1
"""A task's row is there a moment before the run knows of it; so it is asked again, briefly."""

BATCH = 200
MOST_AT_ONCE = 100
"""Tasks in one bulk decision."""


@dataclass(frozen=True)
class Decision:
    """A decision as somebody asks for it; `revision` is that of the data which they saw.

    `id` tells a request that is repeated from a new one; it is a uuid of the caller's.
    """

    action: HumanAction
    revision: int = 1
    reason: str = ""
    value: Any = None
    text: str = ""
    id: str | None = None


class BulkResult(Shape):
    """What became of one task of a bulk decision: the task, or why not."""

    task_id: str
    task: TaskDetail | None = None
    error: str | None = None


@requires(Action.TASKS_DECIDE)
async def decide(principal: Principal, task_id: str, asked: Decision) -> TaskDetail:
    """Decide a task and return it. While Temporal is away its decision stays pending, and is not lost.

    Raises Conflict where somebody was first, the task is over or the data was edited; Forbidden where a rule
    keeps the principal from deciding; Invalid where the decision does not fit.
    """
    return await _decide(principal, task_id, asked, to=())


@requires(Action.TASKS_DECIDE)
async def delegate(principal: Principal, task_id: str, *, to: str, reason: str = "") -> TaskDetail:
    """Let somebody else, or a group, decide in one's place; Invalid when nobody is known by that name."""

    async def query(session: AsyncSession) -> dict[str, str]:
        await tasks.found(session, task_id)
        return await deciders.known(session, task_inbox.deciding_in(principal.workspace), [to])

    known = await get_resources().read(query)
    if to not in known:
        raise Invalid(f"Nobody who may decide here is known as “{to[:100]}”.")
    async with get_resources().transaction() as session:
        whom = await handing_on.with_stand_ins(session, known[to], principal.workspace)
    await _decide(principal, task_id, Decision("delegate", reason=reason), to=whom)
    return await handing_on.handed_on(principal, task_id, whom)


@requires(Action.TASKS_DECIDE)
async def decide_many(
    principal: Principal, task_ids: Sequence[str], *, action: HumanAction, reason: str = "", text: str = ""
) -> tuple[BulkResult, ...]:
    """Decide like tasks alike, each at its present revision; one that fails does not stop the others."""
    if not 0 < len(task_ids) <= MOST_AT_ONCE:
        raise Invalid(f"Name 1 to {MOST_AT_ONCE} tasks.")

    async def one(task_id: str) -> BulkResult:
        try:
            task = await tasks.get_task(principal, task_id)
            asked = Decision(action, revision=task.revision, reason=reason, text=text)
            return BulkResult(task_id=task_id, task=await _decide(principal, task_id, asked, to=()))
        except WorkbenchError as error:
            return BulkResult(task_id=task_id, error=str(error))

    return tuple([await one(task_id) for task_id in dict.fromkeys(task_ids)])


async def _decide(principal: Principal, task_id: str, asked: Decision, *, to: tuple[str, ...]) -> TaskDetail:
    if principal.impersonator:
        raise Forbidden(
            "tasks:decide", "Nobody decides in another person's name; end the impersonation first."
        )
    given.require_usable("task", [asked.value, asked.text, asked.reason])
    if asked.id is not None and not is_id(asked.id):
        raise Invalid("The id of a decision is a uuid.")
    resources = get_resources()
    try:
        async with resources.transaction() as session:
            decision, run_id = await _store(session, principal, task_id, asked, to)
    except (Conflict, Forbidden, Invalid) as error:
        await task_trail.refused(principal, task_id, asked.action, str(error))
        raise
    await _tell(resources, decision, run_id)
    async with resources.transaction() as session:
        row = await tasks.found(session, task_id)
        refused = next(
            (one for one in await queries.decisions(session, row.id) if one.id == decision.id), None
        )
        if refused is not None and refused.status == "refused":
            raise Conflict(refused.why or "The run did not take the decision.")
        return await tasks.whole(session, row)


async def _store(
    session: AsyncSession, principal: Principal, task_id: str, asked: Decision, to: tuple[str, ...]
) -> tuple[HumanDecision, str]:
    """Store a decision that no rule is against, pending; one of a known id is that of before."""
    row = await tasks.found(session, task_id, lock=True)
    if asked.id and (known := await session.get(TaskDecisionRow, asked.id)):
        if known.task_id != row.id or known.by != principal.id:
            raise Conflict("The id stands for another decision.")
        return task_shapes.stored(known), row.run_id
    row = await tasks.asked_and_open(session, principal, task_id)
    decision = HumanDecision(
        id=asked.id or new_id(),
        scope=row.scope,
        node_id=row.node_id,
        attempt=row.attempt,
        revision=asked.revision,
        action=asked.action,
        by=principal.id,
        name=principal.name,
        subjects=tuple(sorted(principal.groups)),
        at=now(),
        reason=asked.reason,
        value=asked.value,
        text=asked.text,
        to=to,
    )
    opening, opened, so_far = task_shapes.parts(row)
    if against := deciding.refusal(opening, opened, so_far, decision):
        raise _error(against, row.node_id)
    _follow(row, deciding.counted(opening, opened, so_far, decision))
    session.add(
        TaskDecisionRow(
            id=decision.id,
            task_id=row.id,
            by=principal.id,
            at=decision.at,
            decision=decision.model_dump(mode="json"),
            status="pending",
            tell_at=now() + GRACE,
        )
    )
    await task_trail.decided(session, principal, row, decision)
    return decision, row.run_id


def _error(against: Refusal, node_id: str) -> WorkbenchError:
    match against.rule:
        case "decision-foreign" | "decision-apart":
            return Forbidden("tasks:decide", against.message)
        case "decision-unfit":
            return Invalid(against.message, _problems(against, node_id))
        case "decision-late" | "decision-stale" | "decision-twice":
            return Conflict(against.message)


def _problems(against: Refusal, node_id: str) -> tuple[Problem, ...]:
    """Return a refusal as problems, one at each field that does not fit: `value.lines[0].amount`."""
    if not against.misfits:
        return (Problem(code=against.rule, node=node_id, field="value", message=against.message),)
    return tuple(
        Problem(
            code=against.rule,
            node=node_id,
            field=place(("value", *misfit.path)),
            message=misfit.message,
        )
        for misfit in against.misfits
    )


def _follow(row: TaskRow, so_far: Deliberation) -> None:
    """Bring a task's row to what has come of it."""
    row.deliberation = so_far.model_dump(mode="json")
    row.assignees = list(deciding.asked(task_shapes.parts(row)[1], so_far))
    if so_far.verdicts and so_far.verdicts[-1].action == "delegate":
        row.claimed_by = row.claimed_name = row.claimed_at = None
    if row.status in ("open", "decided"):
        row.status, row.outcome = ("decided", so_far.outcome) if so_far.outcome else ("open", None)


async def _tell(resources: Resources, decision: HumanDecision, run_id: str) -> None:
    """Tell a run of a decision, and keep what it made of it; `tell` does it later where it is silent."""
    try:
        why = await _bring(resources, run_id, decision)
    except (WorkbenchError, RPCError, TimeoutError, OSError) as error:
        log.warning("tasks.telling-postponed", run_id=run_id, error=str(error) or type(error).__name__)
        return
    async with resources.transaction() as session:
        row = await session.get(TaskDecisionRow, decision.id, with_for_update=True)
        if row is None or row.status != "pending":
            return
        row.status, row.why = ("refused", why) if why else ("counted", None)
        if why:
            await session.flush()
            await _take_back(session, row.task_id)


async def _bring(resources: Resources, run_id: str, decision: HumanDecision) -> str | None:
    """Bring a run a decision; return why it was refused, None where it was taken."""
    async with asyncio.timeout(TEMPORAL_S):
        temporal = await resources.temporal()
        for tries_left in reversed(range(TRIES)):
            try:
                await temporal.decide_task(run_id, decision)
                return None
            except DecisionRefused as error:
                if not tries_left or error.kind != "decision-late":
                    return str(error)
            await asyncio.sleep(PAUSE_S)
    return None


async def _take_back(session: AsyncSession, task_id: str) -> None:
    """Let a task be what the decisions make of it that were not refused."""
    row = await tasks.found(session, task_id, lock=True)
    opening, opened, _ = task_shapes.parts(row)
    so_far = deciding.escalated(Deliberation(), opened) if row.escalated_at else Deliberation()
    for decision in await queries.decisions(session, task_id):
        if decision.status != "refused":
            so_far = deciding.counted(opening, opened, so_far, task_shapes.stored(decision))
    _follow(row, so_far)


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
        pairs = [(task_shapes.stored(row), run_id) for row, run_id in found]
        for row, _ in found:
            row.tell_at = now() + GRACE
    for decision, run_id in pairs:
        await _tell(resources, decision, run_id)
    return len(pairs)
