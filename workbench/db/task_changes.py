"""Which tasks a transaction changes: noted as it goes, to be told to who watches once it is committed."""

from collections.abc import Collection

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from workbench.db.scoping import ScopedSession
from workbench.db.tables import TaskRow

Changed = dict[str, set[str]]
"""By workspace: the ids of tasks."""

_KEY = "changed tasks"


def note(session: AsyncSession | Session, workspace_id: str, task_ids: Collection[str]) -> None:
    """Note that a transaction changes tasks, where it does so past the rows that it has read."""
    session.info.setdefault(_KEY, {}).setdefault(workspace_id, set()).update(task_ids)


def noted(session: AsyncSession) -> Changed:
    """Return the tasks that a transaction has changed."""
    found: Changed = session.info.get(_KEY, {})
    return found


@event.listens_for(ScopedSession, "before_flush")
def _note(session: Session, context: object, instances: object) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, TaskRow):
            note(session, row.workspace_id, [row.id])
