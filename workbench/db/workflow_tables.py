"""The tables of workflows, their versions and drafts; they are among `workbench.db.tables`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, PORTS, Table


class WorkflowRow(Table, table=True):
    """A workflow and its draft. Deleting it keeps its runs, and the versions that they ran.

    One that is `narrowed` is there only for the people and groups in `workflow_access`, and for admins.
    """

    __tablename__ = "workflows"
    __table_args__ = (Index(None, "workspace_id", "created_at", "id"),)

    id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    created_by: str = Field(sa_type=Text)
    narrowed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    name: str = Field(sa_type=Text)
    description: str = Field(default="", sa_type=Text)
    document: dict[str, Any] = Field(sa_type=JSON)
    node_count: int = 0
    revision: int = 1
    live_version: int | None = None
    created_at: datetime
    updated_at: datetime


class VersionRow(Table, table=True):
    """An immutable document. `number` is None for a snapshot of a draft that was run but never published."""

    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint("workflow_id", "content_hash"),
        UniqueConstraint("workflow_id", "number"),
        Index(None, "content_hash"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    workflow_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="workflows.id", ondelete="SET NULL", nullable=True
    )
    number: int | None = None
    content_hash: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime
    created_by: str = Field(sa_type=Text)


class DraftEditRow(Table, table=True):
    """One step of a draft's undo log: the operation, its inverse, and whether it is undone at present."""

    __tablename__ = "draft_edits"

    workflow_id: str = Field(primary_key=True, sa_type=Text, foreign_key="workflows.id", ondelete="CASCADE")
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    revision: int
    operation: dict[str, Any] = Field(sa_type=JSON)
    inverse: dict[str, Any] = Field(sa_type=JSON)
    size: int
    author: str = Field(sa_type=Text)
    at: datetime
    undone: bool = False


class PinRow(Table, table=True):
    """A value kept beside a draft that stands for a node's output in test runs.

    `fingerprint` is the value's, `run_id` the run whose output it was, if nobody wrote it.
    """

    __tablename__ = "pins"

    workflow_id: str = Field(primary_key=True, sa_type=Text, foreign_key="workflows.id", ondelete="CASCADE")
    node_id: str = Field(primary_key=True, sa_type=Text)
    ports: list[str] = Field(sa_type=PORTS)
    media_type: str = Field(sa_type=Text)
    preview: str = Field(sa_type=Text)
    output: Any = Field(default=None, sa_type=JSON_OR_NULL, nullable=True)
    output_blob: str | None = Field(default=None, sa_type=Text, nullable=True)
    output_bytes: int = Field(sa_type=BigInteger)
    fingerprint: str = Field(sa_type=Text)
    run_id: str | None = Field(default=None, sa_type=Text, nullable=True)
    pinned_by: str = Field(sa_type=Text)
    pinned_at: datetime
