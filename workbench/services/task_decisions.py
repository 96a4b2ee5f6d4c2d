"""Deciding tasks: a decision is stored first, under the rules, and then told to its run (`task_telling`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding
from engine.contracts import HumanAction, HumanDecision
from engine.deciding import Refusal
from engine.errors import Problem
from engine.misfits import place
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import deciders
from workbench.db import tasks as queries
from workbench.db.ids import is_id, new_id, now
from workbench.db.pauses import KINDS
from workbench.db.tables import TaskDecisionRow
from workbench.errors import Conflict, Forbidden, Invalid, WorkbenchError
from workbench.services import (
    given,
    handing_on,
    pauses,
    task_files,
    task_inbox,
    task_shapes,
    task_telling,
    task_trail,
    tasks,
)
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape
from workbench.services.task_shapes import TaskDetail
from workbench.services.task_telling import Told

MOST_AT_ONCE = 100
"""Tasks in one bulk decision."""


@dataclass(frozen=True)
class Decision:
    """A decision as somebody asks for it; `revision` is that of the data which they saw.

    `id` tells a request that is repeated from a new one; it is a uuid of the caller's. Of a step that failed,
    `value` is its output, which leaves by `port`, or the settings to try again with that are to be others.
    """

    action: HumanAction
    revision: int = 1
    reason: str = ""
    value: Any = None
    text: str = ""
    id: str | None = None
    port: str = "out"


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
            told = await _store(session, principal, task_id, asked, to)
    except (Conflict, Forbidden, Invalid) as error:
        await task_trail.refused(principal, task_id, asked.action, str(error))
        raise
    await task_telling.tell_one(resources, told)
    async with resources.transaction() as session:
        row = await tasks.found(session, task_id)
        refused = next(
            (one for one in await queries.decisions(session, row.id) if one.id == told.decision.id), None
        )
        if refused is not None and refused.status == "refused":
            raise Conflict(refused.why or "The run did not take the decision.")
        return await tasks.whole(session, row)


async def _store(
    session: AsyncSession, principal: Principal, task_id: str, asked: Decision, to: tuple[str, ...]
) -> Told:
    """Store a decision that no rule is against, pending; one of a known id is that of before."""
    row = await tasks.found(session, task_id, lock=True)
    if asked.id and (known := await session.get(TaskDecisionRow, asked.id)):
        if known.task_id != row.id or known.by != principal.id:
            raise Conflict("The id stands for another decision.")
        return Told(task_shapes.stored(known), row.run_id, row.kind)
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
        port=asked.port,
    )
    opening, opened, so_far = task_shapes.parts(row)
    if against := deciding.refusal(opening, opened, so_far, decision):
        raise _error(against, row.node_id)
    await task_files.require_put(session, asked.value)
    if row.kind in KINDS:
        await pauses.check(session, principal, row, decision)
    task_telling.follow(row, deciding.counted(opening, opened, so_far, decision))
    session.add(
        TaskDecisionRow(
            id=decision.id,
            task_id=row.id,
            by=principal.id,
            at=decision.at,
            decision=decision.model_dump(mode="json"),
            status="pending",
            tell_at=now() + task_telling.GRACE,
        )
    )
    await task_trail.decided(session, principal, row, decision)
    return Told(decision, row.run_id, row.kind)


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
