"""What happens to tasks, and whom it concerns. Each is told in the transaction in which it happens."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import notices as queries
from workbench.db.tables import RunRow, TaskDecisionRow, TaskRow
from workbench.services.notifications.occasions import Occasion
from workbench.services.notifications.telling import Saying, tell
from workbench.services.resources import Resources

EXPIRED = "timeout"
"""The outcome of a task that nobody decided in time."""

DID = {
    "approve": "approved",
    "reject": "rejected",
    "accept": "accepted",
    "edit": "sent on with changes",
    "respond": "answered",
    "ignore": "ignored",
    "submit": "filled in",
    "retry": "tried again",
    "output": "given an output",
    "skip": "skipped",
    "abort": "given up",
    "raise": "given a larger budget",
}


async def opened(session: AsyncSession, resources: Resources, task: TaskRow) -> None:
    """Tell those who are asked; where nobody is named, all who may decide."""
    single = resources.settings.mode == "single"
    occasion: Occasion = "asked" if task.assignees or single else "asked_anybody"
    saying = _saying(occasion, task, f"{task.workflow_name} asks for a decision.{_due(task)}")
    await tell(session, resources, saying, subjects=task.assignees or None)


async def reminded(session: AsyncSession, resources: Resources, task: TaskRow, *, at: datetime) -> None:
    """Remind those who are asked, but for those who have decided."""
    each = f"{task.id}:{at.isoformat()}"
    saying = _saying("reminded", task, f"It still waits for a decision.{_due(task)}", id_=each)
    await tell(session, resources, saying, subjects=task.assignees or None, but=_deciders(task))


async def escalated(session: AsyncSession, resources: Resources, task: TaskRow, to: Sequence[str]) -> None:
    """Tell those to whom a task is escalated."""
    saying = _saying("escalated", task, f"It waited too long, and you are asked now too.{_due(task)}")
    await tell(session, resources, saying, subjects=to or None)


async def delegated(
    session: AsyncSession,
    resources: Resources,
    task: TaskRow,
    by: Principal,
    *,
    to: str,
    decision_id: str,
) -> None:
    """Tell whoever is to decide in somebody's place; not before that cannot be undone any more."""
    text = f"{by.name} asks you to decide in their place.{_due(task)}"
    saying = replace(_saying("delegated", task, text, id_=decision_id), not_before=task.held_until)
    await tell(session, resources, saying, subjects=[to], but=[by.id])


async def taken_back(session: AsyncSession, decision_id: str) -> None:
    """Tell nobody of a delegation that was undone."""
    await queries.forget_notices(session, f"delegated:{decision_id}")


async def mentioned(
    session: AsyncSession,
    resources: Resources,
    task: TaskRow,
    *,
    by: str,
    name: str,
    people: Collection[str],
    id_: str,
) -> None:
    """Tell people that a comment (`id_`) mentions them."""
    if not people:
        return
    saying = _saying("mentioned", task, f"{name} mentioned you in a comment.", id_=id_)
    await tell(session, resources, saying, subjects=people, but=[by], to_workspace=False)


async def settled(
    session: AsyncSession, resources: Resources, task: TaskRow, decisions: Sequence[TaskDecisionRow]
) -> None:
    """Tell who started the run what came of a task; where nobody decided, those who were asked too."""
    run = await session.get(RunRow, task.run_id)
    starter = run.started_by if run else ""
    if task.outcome == EXPIRED:
        saying = _saying("expired", task, "Nobody decided in time.")
        await tell(session, resources, saying, subjects=[*task.assignees, starter])
        return
    counted = [one for one in decisions if one.status == "counted"]
    last = counted[-1].decision.get("name", "") if counted else ""
    done = DID.get(task.outcome or "", "decided")
    saying = _saying("decided", task, f"It was {done}{f' by {last}' if last else ''}.")
    await tell(session, resources, saying, subjects=[starter], but=[one.by for one in counted])


async def run_failed(session: AsyncSession, resources: Resources, run: RunRow) -> None:
    """Tell who started a run that it failed."""
    saying = Saying(
        occasion="run_failed",
        key=f"run_failed:{run.id}",
        workspace_id=run.workspace_id,
        title=f"{run.workflow_name} failed",
        text=" ".join(str((run.error or {}).get("message", "")).split())[:300],
        workflow_id=run.workflow_id,
        run_id=run.id,
        needs=Action.RUNS_READ,
    )
    await tell(session, resources, saying, subjects=[run.started_by])


def _saying(occasion: Occasion, task: TaskRow, text: str, *, id_: str = "") -> Saying:
    deciding = occasion in ("asked", "asked_anybody", "reminded", "escalated", "delegated")
    return Saying(
        occasion=occasion,
        key=f"{occasion}:{id_ or task.id}",
        workspace_id=task.workspace_id,
        title=task.title,
        text=text,
        workflow_id=task.workflow_id,
        task_id=task.id,
        needs=Action.TASKS_DECIDE if deciding else Action.TASKS_READ,
    )


def _due(task: TaskRow) -> str:
    return f" It is due {task.due_at:%Y-%m-%d %H:%M} UTC." if task.due_at else ""


def _deciders(task: TaskRow) -> list[str]:
    return [verdict["by"] for verdict in task.deliberation.get("verdicts", [])]
