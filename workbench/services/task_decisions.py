"""Deciding tasks: a decision is stored first, under the rules, and then told to its run (`task_telling`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding
from engine.contracts import HumanAction, HumanDecision, TaskOpening
from engine.deciding import Refusal
from engine.errors import Problem
from engine.misfits import place
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import deciders
from workbench.db import tasks as queries
from workbench.db.ids import is_id, new_id, now
from workbench.db.pauses import KINDS
from workbench.db.tables import TaskDecisionRow, TaskRow
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
from workbench.services.notifications import tasks as telling
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape
from workbench.services.task_shapes import TaskDetail
from workbench.services.task_telling import Told

MARGIN = timedelta(seconds=2)
"""How long before a task expires its run has to know of a decision."""

HOLD_S = 10.0
"""The longest that a decision can be undone before its run is told."""

MOST_AT_ONCE = 100
"""Tasks in one bulk decision."""


@dataclass(frozen=True)
class Decision:
    """A decision as somebody asks for it; `revision` is that of the data which they saw.

    `id` tells a request that is repeated from a new one; it is a uuid of the caller's. Of a step that failed,
    `value` is its output, which leaves by `port`, or the settings to try again with that are to be others.
    For `hold_s` seconds it can be undone; the run is told when they have passed.
    """

    action: HumanAction
    revision: int = 1
    reason: str = ""
    value: Any = None
    text: str = ""
    id: str | None = None
    port: str = "out"
    hold_s: float = 0.0


@dataclass(frozen=True)
class Stored:
    """A decision as it was stored: what is to be told `now`, in this order, or until when it is held."""

    id: str
    now: tuple[Told, ...] = ()
    held_until: datetime | None = None


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
    principal: Principal,
    task_ids: Sequence[str],
    asked: Decision,
    *,
    revisions: Mapping[str, int] = MappingProxyType({}),
) -> tuple[BulkResult, ...]:
    """Decide like tasks alike; one that fails does not stop the others.

    Each is decided at the revision of its data that was seen (`revisions`, by the ids of tasks), else at its
    present one.
    """
    if not 0 < len(task_ids) <= MOST_AT_ONCE:
        raise Invalid(f"Name 1 to {MOST_AT_ONCE} tasks.")

    async def one(task_id: str) -> BulkResult:
        try:
            revision = revisions.get(task_id) or (await tasks.get_task(principal, task_id)).revision
            one_of = replace(asked, id=None, revision=revision)
            return BulkResult(task_id=task_id, task=await _decide(principal, task_id, one_of, to=()))
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
            stored = await _store(session, principal, task_id, asked, to)
    except (Conflict, Forbidden, Invalid) as error:
        await task_trail.refused(principal, task_id, asked.action, str(error))
        raise
    for told in stored.now:
        await task_telling.tell_one(resources, told)
    if stored.held_until is not None:
        task_telling.tell_at(stored.held_until)
    async with resources.transaction() as session:
        row = await tasks.found(session, task_id)
        refused = next((one for one in await queries.decisions(session, row.id) if one.id == stored.id), None)
        if refused is not None and refused.status == "refused":
            raise Conflict(refused.why or "The run did not take the decision.")
        return await tasks.whole(session, row)


async def _store(
    session: AsyncSession, principal: Principal, task_id: str, asked: Decision, to: tuple[str, ...]
) -> Stored:
    """Store a decision that no rule is against, pending or held; one of a known id is that of before.

    What somebody else decided about the task and could undo until now is final: this one builds on it.
    """
    row = await tasks.found(session, task_id, lock=True)
    if asked.id and (known := await session.get(TaskDecisionRow, asked.id)):
        if known.task_id != row.id or known.by != principal.id:
            raise Conflict("The id stands for another decision.")
        again = Told(task_shapes.stored(known), row.run_id, row.kind)
        return Stored(known.id, now=(again,) if known.status == "pending" else ())
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
    before = await _release(session, row)
    task_telling.follow(row, deciding.counted(opening, opened, so_far, decision))
    row.held_until = _held_until(decision.at, asked.hold_s, opening)
    session.add(
        TaskDecisionRow(
            id=decision.id,
            task_id=row.id,
            by=principal.id,
            at=decision.at,
            decision=decision.model_dump(mode="json"),
            status="held" if row.held_until else "pending",
            tell_at=row.held_until or now() + task_telling.GRACE,
        )
    )
    await task_trail.decided(session, principal, row, decision)
    for one in to:
        await telling.delegated(session, get_resources(), row, principal, to=one, decision_id=decision.id)
    told = before if row.held_until else (*before, Told(decision, row.run_id, row.kind))
    return Stored(decision.id, now=told, held_until=row.held_until)


async def _release(session: AsyncSession, row: TaskRow) -> tuple[Told, ...]:
    """Let what was decided about a task be told at once; return it."""
    held = await queries.held(session, row.id)
    for one in held:
        one.status, one.tell_at = "pending", now() + task_telling.GRACE
    return tuple(Told(task_shapes.stored(one), row.run_id, row.kind) for one in held)


def _held_until(at: datetime, hold_s: float, opening: TaskOpening) -> datetime | None:
    """Return until when a decision can be undone; None where it is told at once: also before the expiry."""
    until = at + timedelta(seconds=min(max(hold_s, 0.0), HOLD_S))
    late = opening.expires_at is not None and until + MARGIN >= opening.expires_at
    return None if late or until <= at else until


@requires(Action.TASKS_DECIDE)
async def undo(principal: Principal, task_id: str) -> TaskDetail:
    """Take one's decision about a task back, as long as its run has not been told.

    Raises Conflict when it is too late, or there is nothing to undo.
    """
    if principal.impersonator:
        raise Forbidden(
            "tasks:decide", "Nobody decides in another person's name; end the impersonation first."
        )
    async with get_resources().transaction() as session:
        row = await tasks.found(session, task_id, lock=True)
        mine = [one for one in await queries.held(session, row.id) if one.by == principal.id]
        if not mine or mine[-1].tell_at <= now():
            raise Conflict("There is nothing to undo: the run has been told, or somebody has decided since.")
        await task_trail.undone(session, principal, row, task_shapes.stored(mine[-1]))
        await telling.taken_back(session, mine[-1].id)
        await session.delete(mine[-1])
        await session.flush()
        row.held_until = None
        await task_telling.take_back(session, row.id)
        return await tasks.whole(session, row)


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
