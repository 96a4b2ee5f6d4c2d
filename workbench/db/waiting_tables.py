"""The tables of what runs share and wait for: secrets, events, slots; among `workbench.db.tables`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, Table


class SecretRow(Table, table=True):
    """A secret, sealed with the key that `key_id` names; the key is never in the database."""

    __tablename__ = "secrets"

    workspace_id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    sealed: bytes
    key_id: str = Field(sa_type=Text)
    updated_by: str = Field(sa_type=Text)
    created_at: datetime
    updated_at: datetime


class EventRow(Table, table=True):
    """An event. Until `expires_at` it is known by its id, and kept for a wait while `given_at` is None."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "workspace_id", "name", "key", "received_at", postgresql_where=text("given_at IS NULL")),
    )

    workspace_id: str = Field(primary_key=True, sa_type=Text)
    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    data: Any = Field(default=None, sa_type=JSON_OR_NULL, nullable=True)
    received_at: datetime
    given_at: datetime | None = None
    expires_at: datetime = Field(index=True)


class EventWaitRow(Table, table=True):
    """A node that waits for an event, or was given one (`event_id`) and has not yet been seen to end.

    Its workflow is told, at `tell_at` and then again and again until the node's end is recorded.
    """

    __tablename__ = "event_waits"
    __table_args__ = (
        Index(None, "workspace_id", "name", "key", postgresql_where=text("event_id IS NULL")),
        Index(None, "tell_at", postgresql_where=text("event_id IS NOT NULL")),
    )

    run_id: str = Field(primary_key=True, sa_type=Text, foreign_key="runs.id", ondelete="CASCADE")
    scope: str = Field(primary_key=True, sa_type=Text)
    node_id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    data_schema: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    until: datetime | None = None
    registered_at: datetime
    event_id: str | None = Field(default=None, sa_type=Text, nullable=True)
    tell_at: datetime | None = None


class SlotRow(Table, table=True):
    """A slot of a concurrency group that somebody holds or stands in line for, until `expires_at`."""

    __tablename__ = "slots"

    workspace_id: str = Field(primary_key=True, sa_type=Text)
    group_name: str = Field(primary_key=True, sa_type=Text)
    holder: str = Field(primary_key=True, sa_type=Text)
    asked_at: datetime
    held: bool = False
    expires_at: datetime
