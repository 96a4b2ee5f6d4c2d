"""The tables of what somebody's own inbox is: which tasks they have seen, and the lists that they keep."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from workbench.db.base import Table


class TaskSeenRow(Table, table=True):
    """Somebody has seen a task; without such a row it is new to them."""

    __tablename__ = "task_seen"
    __table_args__ = (Index(None, "task_id"),)

    user_id: str = Field(primary_key=True, sa_type=Text)
    task_id: str = Field(primary_key=True, sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE")
    at: datetime


class InboxViewRow(Table, table=True):
    """A list of the inbox that somebody keeps under a name: its filters, as in the page's address."""

    __tablename__ = "inbox_views"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "name"),)

    id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    user_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    query: str = Field(sa_type=Text)
    created_at: datetime
