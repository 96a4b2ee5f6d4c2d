"""The tables of the inbox: what people are asked, what they decided, what they said."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, PORTS, Table


class TaskRow(Table, table=True):
    """A step of a run that asks people.

    `opening` and `opened` are the engine's TaskOpening (but for its data) and TaskOpened, `deliberation` what
    has come of the task by the decisions that are not refused. `assignees` are the ids of all who are asked
    by now; nobody: anybody who may decide. A task is `open`; `decided` until its run has taken note; `done`,
    with an `outcome`; or `cancelled` with its step.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("run_id", "scope", "node_id", "attempt"),
        Index(None, "workspace_id", "opened_at", "id"),
        Index("ix_tasks_open", "workspace_id", "opened_at", "id", postgresql_where=text("status = 'open'")),
        Index(
            "ix_tasks_assignees",
            "assignees",
            postgresql_using="gin",
            postgresql_where=text("status = 'open'"),
        ),
        Index(None, "workflow_id", "opened_at", "id"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    workflow_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="workflows.id", ondelete="SET NULL", nullable=True
    )
    workflow_name: str = Field(sa_type=Text)
    run_id: str = Field(sa_type=Text, foreign_key="runs.id", ondelete="CASCADE")
    scope: str = Field(default="", sa_type=Text)
    node_id: str = Field(sa_type=Text)
    attempt: int
    kind: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)
    priority: int
    data: Any = Field(default=None, sa_type=JSON_OR_NULL, nullable=True)
    opening: dict[str, Any] = Field(sa_type=JSON)
    opened: dict[str, Any] = Field(sa_type=JSON)
    deliberation: dict[str, Any] = Field(sa_type=JSON)
    assignees: list[str] = Field(sa_type=PORTS)
    claimed_by: str | None = Field(default=None, sa_type=Text)
    claimed_name: str | None = Field(default=None, sa_type=Text)
    claimed_at: datetime | None = None
    opened_at: datetime
    due_at: datetime | None = None
    reminded_at: datetime | None = None
    escalated_at: datetime | None = None
    closed_at: datetime | None = None


class TaskDecisionRow(Table, table=True):
    """What somebody decided: stored first, then told to the run until that has `counted` or `refused` it.

    `decision` is the engine's HumanDecision, `why` the reason of a refusal.
    """

    __tablename__ = "task_decisions"
    __table_args__ = (
        Index(None, "task_id", "at"),
        Index(None, "by", "task_id"),
        Index(None, "tell_at", postgresql_where=text("status = 'pending'")),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    task_id: str = Field(sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    by: str = Field(sa_type=Text)
    at: datetime
    decision: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(sa_type=Text)
    why: str | None = Field(default=None, sa_type=Text)
    tell_at: datetime


class TaskCommentRow(Table, table=True):
    """What somebody said about a task, as Markdown."""

    __tablename__ = "task_comments"
    __table_args__ = (Index(None, "task_id", "at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    task_id: str = Field(sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    by: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    at: datetime
    text: str = Field(sa_type=Text)
