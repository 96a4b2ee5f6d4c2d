"""The table of triggers; it is one of `workbench.db.tables`, which has the others."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, column, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, Table


class TriggerRow(Table, table=True):
    """A trigger that some version of a workflow has or had, by its id in the document (`name`).

    Its `address` and whether it is paused stay with it from version to version. `definition` is what the live
    version says of it, while that version has it. `scheduled`: Temporal may have a schedule of it; `told`:
    Temporal knows its present state. The row of a deleted workflow stays until the schedule is gone.
    """

    __tablename__ = "triggers"
    __table_args__ = (
        UniqueConstraint("workflow_id", "name"),
        Index(None, "scheduled", postgresql_where=column("scheduled")),
        Index(None, "source_id", postgresql_where=text("armed")),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    workflow_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="workflows.id", ondelete="SET NULL", nullable=True
    )
    workspace_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    definition: dict[str, Any] = Field(sa_type=JSON)
    version: int
    armed: bool
    armed_at: datetime
    paused: bool = False
    address: str | None = Field(default=None, sa_type=Text, unique=True)
    source_id: str | None = Field(default=None, sa_type=Text)
    scheduled: bool = False
    told: bool = True
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    created_at: datetime
