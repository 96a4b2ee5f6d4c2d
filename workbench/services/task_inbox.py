"""The engine's InboxSink: the tasks of steps that ask people, in Postgres."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding, working_time
from engine.contracts import Deliberation, TaskNote, TaskOpened, TaskOpening, TaskSettled
from engine.errors import Failure, NodeFailed
from workbench.auth.principal import OWNER
from workbench.auth.roles import Action, Role, allowed
from workbench.db import deciders, runs, workspaces
from workbench.db import tasks as queries
from workbench.db.deciders import Deciders
from workbench.db.ids import new_id
from workbench.db.tables import RunRow, TaskRow
from workbench.services import handing_on, task_shapes
from workbench.services.inputs import with_defaults
from workbench.services.notifications import tasks as telling
from workbench.services.resources import Resources, get_resources

ROLES = frozenset(role for role in Role if Action.TASKS_DECIDE in allowed(frozenset({role})))
"""The roles that let somebody decide."""

SEARCHED = 4_000
"""Characters of a task's context through which a search looks."""


class PostgresInbox:
    """Implements engine.ports.InboxSink."""

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or get_resources()

    async def open(self, opening: TaskOpening) -> TaskOpened:
        """Store a task, unless it is there; return whom its names mean."""
        async with self._resources.transaction() as session:
            if known := await queries.at(session, _address(opening)):
                return TaskOpened.model_validate(known.opened)
            run = await runs.get(session, opening.run_id)
            if run is None:
                failure = Failure(kind="run-unknown", message="The run is not in the records any more")
                return TaskOpened(failure=failure)
            try:
                opening, opened = await self._opened(session, opening, run)
            except NodeFailed as error:
                return TaskOpened(failure=error.failure)
            stand_ins = await handing_on.stand_ins(session, opened.assignees, run.workspace_id)
            named = dict.fromkeys((*opened.assignees, *stand_ins.values()))
            opened = opened.model_copy(update={"assignees": tuple(named)})
            row = _row(opening, opened, run)
            await queries.insert_task(session, row)
            await handing_on.note(session, row.id, stand_ins)
            await telling.opened(session, self._resources, row)
            return opened

    async def note(self, note: TaskNote) -> None:
        """Keep when a task was reminded of or escalated; then others are asked too."""
        async with self._resources.transaction() as session:
            row = await queries.at(session, _address(note), lock=True)
            if row is None:
                return
            if note.what == "reminded":
                row.reminded_at = note.at
                await telling.reminded(session, self._resources, row, at=note.at)
                return
            _, opened, so_far = task_shapes.parts(row)
            row.escalated_at = note.at
            row.claimed_by = row.claimed_name = row.claimed_at = None
            so_far = deciding.escalated(so_far, opened)
            row.deliberation = so_far.model_dump(mode="json")
            row.assignees = list(deciding.asked(opened, so_far))
            await telling.escalated(session, self._resources, row, opened.escalate_to)

    async def settle(self, settled: TaskSettled) -> None:
        """Keep the outcome of a task, and which decisions were counted for it."""
        async with self._resources.transaction() as session:
            row = await queries.at(session, _address(settled), lock=True)
            if row is None or row.status == "done":
                return
            row.status, row.outcome, row.closed_at = "done", settled.outcome, settled.at
            decisions = await queries.decisions(session, row.id)
            for decision in decisions:
                if decision.id in settled.counted:
                    decision.status, decision.why = "counted", None
            await telling.settled(session, self._resources, row, decisions)

    async def _opened(
        self, session: AsyncSession, opening: TaskOpening, run: RunRow
    ) -> tuple[TaskOpening, TaskOpened]:
        """Return a task with all its times, and whom it asks; NodeFailed where it cannot be decided so."""
        counts_work = opening.working is not None
        opening = await self._scheduled(session, opening, run)
        opened = TaskOpened(times=deciding.times_of(opening, TaskOpened()) if counts_work else None)
        if self._resources.settings.mode == "single":
            return opening, opened.model_copy(update={"starter": OWNER.id, "alone": True})
        names = (*opening.assignees, *opening.escalate_to)
        known = await deciders.known(session, deciding_in(run.workspace_id), names)
        if missing := sorted(set(names) - known.keys()):
            raise NodeFailed(_unknown(missing))
        changes = {
            "assignees": tuple(dict.fromkeys(known[name] for name in opening.assignees)),
            "escalate_to": tuple(dict.fromkeys(known[name] for name in opening.escalate_to)),
            "starter": run.started_by,
        }
        opened = opened.model_copy(update=changes)
        await _are_enough(session, opening, opened, run)
        return opening, opened

    async def _scheduled(self, session: AsyncSession, opening: TaskOpening, run: RunRow) -> TaskOpening:
        if opening.working is None:
            return opening
        hours = await workspaces.working_hours(session, run.workspace_id)
        try:
            return working_time.scheduled(opening, hours)
        except ValueError as error:
            hint = "Look at the working hours of the step, or of the workspace."
            raise NodeFailed(Failure(kind="task-unfit", message=str(error), hint=hint)) from error


async def _are_enough(session: AsyncSession, opening: TaskOpening, opened: TaskOpened, run: RunRow) -> None:
    """Raise NodeFailed where so many different people as have to decide are not among those who are asked."""
    if not opened.assignees:
        return
    named = (*opened.assignees, *opened.escalate_to)
    people = await deciders.among(session, deciding_in(run.workspace_id), named)
    people -= {opened.starter} if "starter" in opening.apart else set()
    if len(people) < opening.quorum:
        apart = " beside who started the run" if "starter" in opening.apart else ""
        message = f"{opening.quorum} have to decide, but {len(people) or 'nobody'} can be asked{apart}"
        hint = "Name more people, or ask for fewer."
        raise NodeFailed(Failure(kind="quorum-unreachable", message=message, hint=hint))


def deciding_in(workspace_id: str) -> Deciders:
    """Return who may decide in a workspace."""
    return Deciders(workspace_id, ROLES)


def _unknown(missing: Sequence[str]) -> Failure:
    told = ", ".join(f"“{name}”" for name in missing[:5])
    hint = "Name people by their e-mail address or id, and groups by their name or id; they need a role here."
    return Failure(
        kind="assignee-unknown", message=f"Nobody who may decide here is known as {told}", hint=hint
    )


def _address(of: TaskOpening | TaskNote | TaskSettled) -> queries.Address:
    return of.run_id, of.scope, of.node_id, of.attempt


def _beginning(opening: TaskOpening) -> Any:
    """Return the data of a task: what stands in a form at first has the defaults of its schema too."""
    if opening.type != "form" or not opening.data_schema or not isinstance(opening.data, dict):
        return opening.data
    return with_defaults(opening.data_schema, opening.data)


def _row(opening: TaskOpening, opened: TaskOpened, run: RunRow) -> TaskRow:
    return TaskRow(
        id=new_id(),
        workspace_id=run.workspace_id,
        workflow_id=run.workflow_id,
        workflow_name=run.workflow_name,
        run_id=run.id,
        scope=opening.scope,
        node_id=opening.node_id,
        attempt=opening.attempt,
        kind=opening.type,
        title=opening.title,
        status="open",
        priority=opening.priority,
        data=_beginning(opening),
        opening=opening.model_dump(mode="json", exclude={"data"}),
        opened=opened.model_dump(mode="json"),
        deliberation=Deliberation().model_dump(mode="json"),
        assignees=list(opened.assignees),
        opened_at=opening.opened_at,
        due_at=opening.due_at,
        search=_search(opening, run),
    )


def _search(opening: TaskOpening, run: RunRow) -> str:
    """Return what a search looks through: what the task says, whose it is, and the names of who is asked."""
    named = (opening.title, run.workflow_name, opening.node_id, *opening.assignees)
    return " ".join((*named, opening.context[:SEARCHED])).lower()
