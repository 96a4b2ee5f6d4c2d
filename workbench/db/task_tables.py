"""The tables of the inbox: what people are asked, what they decided, what they said."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, PORTS, Table

EMPTY, NONE = text("'{}'"), text("'[]'")
"""An empty array, and an empty list in JSON."""

OPEN = text("status = 'open'")
DUE = text("coalesce(due_at, 'infinity'::timestamp with time zone)")
"""By when a task is due; those that never are come last."""

CLOSED = text("coalesce(closed_at, 'infinity'::timestamp with time zone)")
"""When a task that is not open was closed; those that their runs have yet to take note of come first."""


class TaskRow(Table, table=True):
    """A step of a run that asks people, or that failed and waits, or a run that has used up its budget.

    `opening` and `opened` are the engine's TaskOpening (but for its data) and TaskOpened, `deliberation` what
    has come of the task by the decisions that are not refused. `assignees` are the ids of all who are asked
    by now; nobody: anybody who may decide. A task is `open`; `decided` until its run has taken note; `done`,
    with an `outcome`; or `cancelled` with its step. A `pause` says of what failed what one decides it by.
    `search` is what a search looks through, in lower case; until `held_until` the last decision can be
    undone.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("run_id", "scope", "node_id", "attempt", "kind"),
        Index(None, "workspace_id", "opened_at", "id"),
        Index("ix_tasks_open", "workspace_id", "opened_at", "id", postgresql_where=OPEN),
        Index("ix_tasks_due", "workspace_id", DUE, "id", postgresql_where=OPEN),
        Index("ix_tasks_priority", "workspace_id", "priority", DUE, "id", postgresql_where=OPEN),
        Index("ix_tasks_over", "workspace_id", CLOSED, "id", postgresql_where=text("status <> 'open'")),
        Index(
            "ix_tasks_assignees",
            "assignees",
            postgresql_using="gin",
            postgresql_where=OPEN,
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
    pause: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
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
    held_until: datetime | None = None
    search: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class TaskDecisionRow(Table, table=True):
    """What somebody decided: stored first, then told to the run until that has `counted` or `refused` it.

    While it is `held` it can be undone; from `tell_at` on it is `pending`, and told. `decision` is the
    engine's HumanDecision, `why` the reason of a refusal.
    """

    __tablename__ = "task_decisions"
    __table_args__ = (
        Index(None, "task_id", "at"),
        Index(None, "by", "task_id"),
        Index(None, "tell_at", postgresql_where=text("status IN ('pending', 'held')")),
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
    """What somebody said about a task, as Markdown.

    `mentions` are the ids of the people whom it names, `files` descriptions of artifacts in the blob store.
    """

    __tablename__ = "task_comments"
    __table_args__ = (Index(None, "task_id", "at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    task_id: str = Field(sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    by: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    at: datetime
    text: str = Field(sa_type=Text)
    edited_at: datetime | None = None
    mentions: list[str] = Field(
        default_factory=list, sa_type=PORTS, sa_column_kwargs={"server_default": EMPTY}
    )
    files: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": NONE}
    )


class TaskEventRow(Table, table=True):
    """Something that happened to a task beside decisions and comments; see `services.task_history`.

    `by` and `name` are empty where nobody did it: what the workbench did by itself.
    """

    __tablename__ = "task_events"
    __table_args__ = (Index(None, "task_id", "at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    task_id: str = Field(sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    what: str = Field(sa_type=Text)
    by: str = Field(default="", sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    at: datetime
    text: str = Field(default="", sa_type=Text)


class TaskSnoozeRow(Table, table=True):
    """A task that somebody does not want to see before `until`."""

    __tablename__ = "task_snoozes"

    task_id: str = Field(primary_key=True, sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    by: str = Field(primary_key=True, sa_type=Text)
    until: datetime


class AbsenceRow(Table, table=True):
    """When somebody is away, and who is asked too meanwhile: a member, in all workspaces of both."""

    __tablename__ = "absences"

    user_id: str = Field(primary_key=True, sa_type=Text, foreign_key="users.id", ondelete="CASCADE")
    begins_at: datetime
    ends_at: datetime
    stand_in: str = Field(sa_type=Text, foreign_key="users.id", ondelete="CASCADE")
