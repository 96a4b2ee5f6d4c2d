"""The engine's InboxSink: the tasks of steps that ask people, in Postgres."""

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding
from engine.contracts import Deliberation, TaskNote, TaskOpened, TaskOpening, TaskSettled
from engine.errors import Failure
from workbench.auth.principal import OWNER
from workbench.db import runs
from workbench.db import tasks as queries
from workbench.db.ids import new_id
from workbench.db.tables import RunRow, TaskRow
from workbench.services import handing_on, task_shapes
from workbench.services.resources import Resources, get_resources


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
            opened = await self._opened(session, opening, run)
            if opened.failure is not None:
                return opened
            stand_ins = await handing_on.stand_ins(session, opened.assignees, run.workspace_id)
            named = dict.fromkeys((*opened.assignees, *stand_ins.values()))
            opened = opened.model_copy(update={"assignees": tuple(named)})
            row = _row(opening, opened, run)
            await queries.insert_task(session, row)
            await handing_on.note(session, row.id, stand_ins)
            return opened

    async def note(self, note: TaskNote) -> None:
        """Keep when a task was reminded of or escalated; then others are asked too."""
        async with self._resources.transaction() as session:
            row = await queries.at(session, _address(note), lock=True)
            if row is None:
                return
            if note.what == "reminded":
                row.reminded_at = note.at
                return
            _, opened, so_far = task_shapes.parts(row)
            row.escalated_at = note.at
            so_far = deciding.escalated(so_far, opened)
            row.deliberation = so_far.model_dump(mode="json")
            row.assignees = list(asked(opened, so_far))

    async def settle(self, settled: TaskSettled) -> None:
        """Keep the outcome of a task, and which decisions were counted for it."""
        async with self._resources.transaction() as session:
            row = await queries.at(session, _address(settled), lock=True)
            if row is None or row.status == "done":
                return
            row.status, row.outcome, row.closed_at = "done", settled.outcome, settled.at
            for decision in await queries.decisions(session, row.id):
                if decision.id in settled.counted:
                    decision.status, decision.why = "counted", None

    async def _opened(self, session: AsyncSession, opening: TaskOpening, run: RunRow) -> TaskOpened:
        if self._resources.settings.mode == "single":
            return TaskOpened(starter=OWNER.id, alone=True)
        names = (*opening.assignees, *opening.escalate_to)
        known = await queries.subjects(session, names)
        if missing := sorted(set(names) - known.keys()):
            told = ", ".join(f"“{name}”" for name in missing[:5])
            hint = "Name people by their e-mail address or id, and groups by their name or id."
            message = f"Nobody is known as {told}"
            return TaskOpened(failure=Failure(kind="assignee-unknown", message=message, hint=hint))
        return TaskOpened(
            assignees=tuple(dict.fromkeys(known[name] for name in opening.assignees)),
            escalate_to=tuple(dict.fromkeys(known[name] for name in opening.escalate_to)),
            starter=run.started_by,
        )


def asked(opened: TaskOpened, so_far: Deliberation) -> tuple[str, ...]:
    """Return the ids of all who are asked by now; nobody: anybody who may decide."""
    if not opened.assignees:
        return ()
    named = (*opened.assignees, *so_far.extra)
    return tuple(one for one in dict.fromkeys(named) if one not in so_far.left)


def _address(of: TaskOpening | TaskNote | TaskSettled) -> queries.Address:
    return of.run_id, of.scope, of.node_id, of.attempt


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
        data=opening.data,
        opening=opening.model_dump(mode="json", exclude={"data"}),
        opened=opened.model_dump(mode="json"),
        deliberation=Deliberation().model_dump(mode="json"),
        assignees=list(opened.assignees),
        opened_at=opening.opened_at,
        due_at=opening.due_at,
    )
