"""The tables of notifications: where people are reached, what they are told, and how each was delivered."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from workbench.db.base import PORTS, Table


class ChannelRow(Table, table=True):
    """A way to reach a person (`user_id`) or a workspace (`workspace_id`, then shared by all in it).

    Of `kind` "email" it leads to the person's address, by the installation's mail server; "address" is an
    apprise address, "push" a browser that took a subscription. What it leads to is sealed for the channel's
    id; `shown` is as much of it as may be seen. It gets the `occasions`, at a `pace`: `now`, `hourly` or
    `daily` at `daily_at` (HH:MM). Not before `next_at` is anything sent to it again.
    """

    __tablename__ = "channels"
    __table_args__ = (
        Index(
            "uq_channels_email",
            "user_id",
            unique=True,
            postgresql_where=text("kind = 'email' AND user_id IS NOT NULL"),
        ),
        Index("uq_channels_name", "workspace_id", "name", unique=True),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    user_id: str | None = Field(default=None, sa_type=Text, index=True)
    workspace_id: str | None = Field(default=None, sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    shown: str = Field(sa_type=Text)
    sealed: bytes | None = None
    key_id: str | None = Field(default=None, sa_type=Text)
    occasions: list[str] = Field(sa_type=PORTS)
    pace: str = Field(default="now", sa_type=Text)
    daily_at: str = Field(default="08:00", sa_type=Text)
    enabled: bool = True
    created_by: str = Field(sa_type=Text)
    created_at: datetime
    next_at: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    why: str | None = Field(default=None, sa_type=Text)


class QuietRow(Table, table=True):
    """When a person or a workspace (`subject_id`) is told nothing: HH:MM in a time zone, and weekends."""

    __tablename__ = "quiet_hours"

    subject_id: str = Field(primary_key=True, sa_type=Text)
    zone: str = Field(default="UTC", sa_type=Text)
    begins: str | None = Field(default=None, sa_type=Text)
    ends: str | None = Field(default=None, sa_type=Text)
    weekends: bool = False


class NoticeRow(Table, table=True):
    """Something that a person, or a workspace as such, is told (`subject_id`), once for each `key`."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("subject_id", "key"),
        Index(None, "workspace_id", "subject_id", "id"),
        Index("ix_notices_unread", "workspace_id", "subject_id", postgresql_where=text("read_at IS NULL")),
        Index(None, "task_id"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    workspace_id: str = Field(sa_type=Text)
    subject_id: str = Field(sa_type=Text)
    occasion: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    text: str = Field(default="", sa_type=Text)
    task_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="tasks.id", ondelete="CASCADE", nullable=True
    )
    run_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="runs.id", ondelete="CASCADE", nullable=True
    )
    at: datetime
    read_at: datetime | None = None
    followed_at: datetime | None = None


class DeliveryRow(Table, table=True):
    """A notice on its way to a channel: the outbox, written with what is told.

    It is `waiting` until `due_at`; `sending` with others as one message (`batch_id`), which is tried again
    while its receiver is away; then `sent`, `failed` or `dropped`, `why` says why.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel_id"),
        Index("ix_deliveries_due", "due_at", postgresql_where=text("status = 'waiting'")),
        Index(
            "ix_deliveries_sending",
            "channel_id",
            "told_at",
            postgresql_where=text("status = 'sending'"),
        ),
        Index(None, "batch_id"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    notice_id: str = Field(sa_type=Text, foreign_key="notices.id", ondelete="CASCADE")
    channel_id: str = Field(sa_type=Text, foreign_key="channels.id", ondelete="CASCADE", index=True)
    status: str = Field(default="waiting", sa_type=Text)
    due_at: datetime
    batch_id: str | None = Field(default=None, sa_type=Text)
    told_at: datetime | None = None
    attempts: int = 0
    why: str | None = Field(default=None, sa_type=Text)
    ended_at: datetime | None = None
