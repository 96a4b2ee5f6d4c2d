"""The tasks that pauses are: of steps that failed and wait for somebody, and of budgets that are used up.

They are written with the records that say so, by the worker (`PostgresRunSink`), and decided like all tasks.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import nodes as node_types
from engine.contracts import (
    TERMINAL,
    Deliberation,
    NodeRecord,
    RecordBatch,
    RunRecord,
    TaskOpened,
    TaskOpening,
)
from engine.graph import Node, PausePolicy
from workbench.db import deciders, tasks
from workbench.db import runs as queries
from workbench.db.ids import new_id, now
from workbench.db.json_text import dump_text, text_of
from workbench.db.pauses import BUDGET, PAUSE, Pauses, Taken, TaskValues
from workbench.services import documents
from workbench.services.notifications import tasks as telling
from workbench.services.resources import Resources
from workbench.services.task_inbox import deciding_in
from workbench.services.task_shapes import Pause

LONGEST_TITLE = 300
_SETTLED_BY = Deliberation().model_dump_json()


async def of_batch(resources: Resources, batch: RecordBatch) -> Pauses:
    """Return what a batch of records means for the inbox; nearly always nothing, at no cost."""
    taken = [
        Taken(record.decision.id, record.decision.action)
        for record in batch.nodes
        if record.decision and record.decision.id
    ]
    waiting = [record for record in batch.nodes if record.status == "waiting" and record.error]
    run = batch.run
    held = run if run and run.error and run.error.kind == "budget" and run.status not in TERMINAL else None
    if not waiting and not held:
        return Pauses(taken=taken)
    single = resources.settings.mode == "single"
    opened = await resources.read(lambda session: _opened(session, batch.run_id, waiting, held, alone=single))
    return Pauses(opened=opened, taken=taken)


async def tell(resources: Resources, run_id: str, pauses: Pauses) -> None:
    """Tell those who are asked of the tasks that were written; done again, it tells nobody twice."""
    places = [(one.kind, one.scope, one.node_id, one.attempt) for one in pauses.opened]
    async with resources.transaction() as session:
        for row in await tasks.pauses(session, run_id, places):
            await telling.opened(session, resources, row)


async def _opened(
    session: AsyncSession,
    run_id: str,
    waiting: Sequence[NodeRecord],
    held: RunRecord | None,
    *,
    alone: bool,
) -> list[TaskValues]:
    run = await queries.without_values(session, run_id)
    if run is None:
        return []
    found = []
    if waiting:
        document = await documents.load(await queries.document(session, run.version_id))
        known = {node.id: node for node in document.nodes}
        for record in waiting:
            node = known[record.node_id]
            named = () if alone else await _named(session, node, run.workspace_id)
            found.append(_of_step(run_id, node, record, TaskOpened(assignees=named, alone=alone)))
    if held is not None:
        found.append(_of_budget(run, held, await tasks.budgets(session, run_id), alone=alone))
    return found


async def _named(session: AsyncSession, node: Node, workspace_id: str) -> tuple[str, ...]:
    """Return the ids of those whom the step's policy names. Who is not known any more is left out."""
    names = node.policy.pause.people if node.policy.pause else []
    known = await deciders.known(session, deciding_in(workspace_id), names) if names else {}
    return tuple(dict.fromkeys(known[name] for name in names if name in known))


def _of_step(run_id: str, node: Node, record: NodeRecord, opened: TaskOpened) -> TaskValues:
    assert record.error is not None
    rules = node.policy.pause or PausePolicy()
    at = now()
    kind = node_types.get(node.type)
    pause = Pause(
        failure=record.error,
        attempts=record.attempt,
        settings=node.config,
        ports=tuple(port.name for port in kind.outputs_of(node.config)) or ("out",),
    )
    opening = TaskOpening(
        run_id=run_id,
        scope=record.scope,
        node_id=record.node_id,
        attempt=record.attempt,
        type=PAUSE,
        title=_title(f"{node.title or node.id} failed: {record.error.message}"),
        context=record.error.hint,
        choices=("output", "skip", "abort") if record.tally else ("retry", "output", "skip", "abort"),
        assignees=opened.assignees,
        priority=rules.priority,
        opened_at=at,
        due_at=at + timedelta(seconds=rules.due_s) if rules.due_s else None,
    )
    return _values(opening, opened, pause, record.input)


def _of_budget(run: Any, held: RunRecord, before: int, *, alone: bool) -> TaskValues:
    assert held.error is not None
    opening = TaskOpening(
        run_id=run.id,
        node_id="",
        attempt=before + 1,
        type=BUDGET,
        title=_title(f"A run of {run.workflow_name} has used up its budget"),
        context=held.error.hint,
        choices=("raise", "abort"),
        opened_at=held.at,
    )
    pause = Pause(failure=held.error, settings=run.budget or {})
    return _values(opening, TaskOpened(alone=alone), pause, None)


def _values(opening: TaskOpening, opened: TaskOpened, pause: Pause, given: Any) -> TaskValues:
    return TaskValues(
        id=new_id(),
        kind=opening.type,
        scope=opening.scope,
        node_id=opening.node_id,
        attempt=opening.attempt,
        title=opening.title,
        priority=opening.priority,
        data=None if given is None else dump_text(given),
        pause=dump_text(pause.model_dump(mode="json")),
        opening=opening.model_dump_json(exclude={"data"}),
        opened=opened.model_dump_json(),
        deliberation=_SETTLED_BY,
        assignees=list(opened.assignees),
        opened_at=opening.opened_at,
        due_at=opening.due_at,
    )


def _title(text: str) -> str:
    line = text_of(" ".join(text.split()))
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"
