"""The tables of runs, their nodes and the content that they put out; among `workbench.db.tables`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Sequence, Text, column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, JSONB_OR_NULL, PORTS, SCOPE, Table

run_changes = Sequence("run_changes", metadata=Table.metadata)
"""Numbers every write to `runs` and `node_runs`, so that a watcher can tell a newer state from an older."""


class RunRow(Table, table=True):
    """A run, bound to the version it started with. `test` says that it is of a draft, to try things.

    `request_hash` is what an idempotency key stands for. `terminating` says that Temporal has yet to be told
    that the run was ended, `followed_at` that what follows from its end is done. `trigger_run_id` is the run
    whose end began this one, `trigger_waiter` the workflow that waits for its end. `parent_place` is the
    sub-workflow node, with its pass, that began this run, and `may_call` are the versions that this one
    calls, directly and through others.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "workspace_id", "created_at", "id"),
        Index(None, "workflow_id", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(
            "uq_runs_workspace_id",
            "workspace_id",
            "idempotency_key",
            unique=True,
            postgresql_where=column("idempotency_key").is_not(None),
        ),
        Index(None, "labels", postgresql_using="gin", postgresql_ops={"labels": "jsonb_path_ops"}),
        Index(None, "parent_run_id", postgresql_where=column("parent_run_id").is_not(None)),
        Index("ix_runs_forked_from", "trigger_id", postgresql_where=column("trigger_type") == "fork"),
        Index(None, "terminating", postgresql_where=column("terminating")),
        Index(None, "followed_at", postgresql_where=text("followed_at IS NULL AND finished_at IS NOT NULL")),
        Index(
            None,
            "workflow_id",
            "trigger_id",
            "created_at",
            postgresql_where=column("trigger_id").is_not(None),
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    workflow_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="workflows.id", ondelete="SET NULL", nullable=True
    )
    workflow_name: str = Field(sa_type=Text)
    version_id: str = Field(sa_type=Text, foreign_key="workflow_versions.id", index=True)
    version_number: int | None = None
    version_hash: str = Field(sa_type=Text)
    test: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    status: str = Field(sa_type=Text)
    status_at: datetime | None = None
    change: int = Field(sa_type=BigInteger)
    inputs: dict[str, Any] = Field(sa_type=JSON)
    outputs: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    error: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    started_by: str = Field(sa_type=Text)
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    terminating: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    priority: int | None = None
    deadline_at: datetime | None = None
    budget: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    idempotency_key: str | None = Field(default=None, sa_type=Text)
    request_hash: str | None = Field(default=None, sa_type=Text)
    labels: dict[str, str] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")}
    )
    trigger_type: str = Field(
        default="manual", sa_type=Text, sa_column_kwargs={"server_default": text("'manual'")}
    )
    trigger_id: str | None = Field(default=None, sa_type=Text)
    trigger_run_id: str | None = Field(default=None, sa_type=Text)
    trigger_waiter: str | None = Field(default=None, sa_type=Text)
    followed_at: datetime | None = None
    parent_run_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="runs.id", ondelete="SET NULL", nullable=True
    )
    parent_place: str | None = Field(default=None, sa_type=Text)
    may_call: list[str] = Field(
        default_factory=list, sa_type=PORTS, sa_column_kwargs={"server_default": text("'{}'")}
    )


class SeedRow(Table, table=True):
    """What a run begins with, besides the nodes that were settled beforehand: those are its `node_runs`.

    `fingerprints` are those of all nodes, for test runs. `steps` are the nodes that run; None: all that are
    not settled. `containers` are the states of maps and loops that go on from an older run.
    """

    __tablename__ = "run_seeds"

    run_id: str = Field(primary_key=True, sa_type=Text, foreign_key="runs.id", ondelete="CASCADE")
    fingerprints: dict[str, str] | None = Field(default=None, sa_type=JSONB_OR_NULL)
    steps: list[str] | None = Field(default=None, sa_type=PORTS, nullable=True)
    containers: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)


class NodeRunRow(Table, table=True):
    """One node of one run, in one pass of the containers around it: see `NodeRecord.scope`.

    A large output is in the blob store, by `output_blob`. A container has a `tally` of its passes.
    """

    __tablename__ = "node_runs"

    run_id: str = Field(primary_key=True, sa_type=Text, foreign_key="runs.id", ondelete="CASCADE")
    scope: str = Field(default="", primary_key=True, sa_type=SCOPE)
    node_id: str = Field(primary_key=True, sa_type=Text)
    status: str = Field(sa_type=Text)
    attempt: int
    change: int = Field(sa_type=BigInteger)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ports: list[str] = Field(sa_type=PORTS)
    media_type: str = Field(sa_type=Text)
    preview: str = Field(sa_type=Text)
    output: Any = Field(default=None, sa_type=JSON_OR_NULL, nullable=True)
    output_blob: str | None = Field(default=None, sa_type=Text, nullable=True)
    output_bytes: int = Field(sa_type=BigInteger)
    error: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    tally: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    origin: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    decision: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)


class BlobRow(Table, table=True):
    """Content by its SHA-256."""

    __tablename__ = "blobs"

    hash: str = Field(primary_key=True, sa_type=Text)
    data: bytes
    size: int = Field(sa_type=BigInteger)
    created_at: datetime


class RunBlobRow(Table, table=True):
    """Content that a step of a run put into the blob store: a file that who may see the run may read."""

    __tablename__ = "run_blobs"

    hash: str = Field(primary_key=True, sa_type=Text, foreign_key="blobs.hash")
    run_id: str = Field(primary_key=True, sa_type=Text, foreign_key="runs.id", ondelete="CASCADE", index=True)
