"""Which rows a transaction may touch: the one place in which rows are filtered by workspace.

Every ORM statement of a session gets the criteria of the session's `Reach`, whatever it selects, joins,
changes or deletes; what is not reached is as if it were not there. Rows that hang on others (versions, pins,
a run's nodes) are found through those. There is no session without a reach: a service names its principal
(`services.access.requires`), and a process without people, as the worker, says `reach_everything`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import event, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import col

from workbench.db.tables import (
    EventRow,
    EventWaitRow,
    InboxViewRow,
    NoticeRow,
    RunRow,
    SecretRow,
    SlotRow,
    Table,
    TaskRow,
    TriggerRow,
    WorkflowRow,
)

IN_WORKSPACE: tuple[Any, ...] = (
    WorkflowRow,
    RunRow,
    SecretRow,
    EventRow,
    EventWaitRow,
    SlotRow,
    TriggerRow,
    TaskRow,
    InboxViewRow,
    NoticeRow,
)
"""The tables whose rows belong to a workspace (`workspace_id`)."""


@dataclass(frozen=True)
class Reach:
    """The rows of one workspace; of narrowed workflows only those open to `subjects`, if that is given.

    `subjects` are the ids of a person and of their groups. `workspace` None: every row.
    """

    workspace: str | None
    subjects: frozenset[str] | None = None


EVERYTHING = Reach(None)

_default: Reach | None = None
_reach: ContextVar[Reach | None] = ContextVar("reach", default=None)


class Unscoped(RuntimeError):
    """A query was made on nobody's behalf: a service function lacks its `requires`. That is a defect."""


def reach_everything() -> None:
    """From now on this process reaches every row by default: it acts for the workbench, not for a caller."""
    global _default
    _default = EVERYTHING


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Let the transactions of the enclosed block reach these rows."""
    token = _reach.set(reach)
    try:
        yield
    finally:
        _reach.reset(token)


def current() -> Reach:
    """Return what a transaction that begins now may reach. Raises Unscoped."""
    reach = _reach.get() or _default
    if reach is None:
        raise Unscoped("A query was made without a principal; the service function needs `requires`.")
    return reach


class ScopedSession(Session):
    """A session whose statements are filtered by the reach that was current when it was made."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.info["reach"] = current()


@contextmanager
def unnarrowed(session: AsyncSession) -> Iterator[None]:
    """Let a session reach the narrowed workflows of its workspace too, as the workbench itself does."""
    reach: Reach = session.info["reach"]
    session.info["reach"] = Reach(reach.workspace)
    try:
        yield
    finally:
        session.info["reach"] = reach


@event.listens_for(ScopedSession, "do_orm_execute")
def _filter(state: ORMExecuteState) -> None:
    reach: Reach = state.session.info["reach"]
    if reach.workspace is not None:
        state.statement = state.statement.options(*_criteria(reach))


@event.listens_for(ScopedSession, "before_flush")
def _keep_inside(session: Session, context: object, instances: object) -> None:
    """Refuse to store a row in a workspace that the session does not reach."""
    reach: Reach = session.info["reach"]
    for row in (*session.new, *session.dirty):
        scoped = reach.workspace is not None and isinstance(row, IN_WORKSPACE)
        if scoped and row.workspace_id != reach.workspace:
            raise Unscoped(f"A row of {row.__tablename__} belongs to another workspace than its session.")


@lru_cache(maxsize=1024)
def _criteria(reach: Reach) -> tuple[ExecutableOption, ...]:
    mine = tuple(
        with_loader_criteria(table, table.workspace_id == reach.workspace, include_aliases=True)
        for table in IN_WORKSPACE
    )
    return mine if reach.subjects is None else (*mine, *_narrowed(reach.subjects))


def _narrowed(subjects: frozenset[str]) -> tuple[ExecutableOption, ...]:
    """Return the criteria that hide narrowed workflows, and what hangs on them, from everybody else."""
    # Plain tables, since entities would be filtered again.
    access, workflow = Table.metadata.tables["workflow_access"].c, Table.metadata.tables["workflows"].c
    listed = exists().where(access.workflow_id == workflow.id, access.subject_id.in_(sorted(subjects)))
    hidden = select(workflow.id).where(workflow.narrowed, ~listed)
    return (
        with_loader_criteria(WorkflowRow, col(WorkflowRow.id).not_in(hidden), include_aliases=True),
        *(
            with_loader_criteria(
                table,
                or_(col(table.workflow_id).is_(None), col(table.workflow_id).not_in(hidden)),
                include_aliases=True,
            )
            for table in (RunRow, TriggerRow, TaskRow)
        ),
    )
