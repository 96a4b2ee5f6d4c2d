"""The tables of people, groups, workspaces and access; they are among `workbench.db.tables`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text, UniqueConstraint, column, func, text
from sqlmodel import Field

from workbench.db.base import JSON_OR_NULL, PORTS, Table


class WorkspaceRow(Table, table=True):
    """A workspace. It is archived, never deleted: what belongs to it keeps its id.

    `working_hours` are the engine's WorkingHours of who is asked something here; a step may say others.
    """

    __tablename__ = "workspaces"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    created_at: datetime
    archived_at: datetime | None = None
    working_hours: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL, nullable=True)


class UserRow(Table, table=True):
    """A person. Without a `password_hash` they sign in through a provider only. Disabled, never deleted.

    `totp_sealed` is the second factor's shared secret, in use once `totp_at` is set; `totp_step` is the last
    time step whose code was taken, so that none is taken twice.
    """

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", func.lower(column("email")), unique=True),)

    id: str = Field(primary_key=True, sa_type=Text)
    email: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    administrator: bool = False
    password_hash: str | None = Field(default=None, sa_type=Text)
    totp_sealed: bytes | None = None
    totp_key_id: str | None = Field(default=None, sa_type=Text)
    totp_at: datetime | None = None
    totp_step: int | None = Field(default=None, sa_type=BigInteger)
    preferences: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")}
    )
    created_at: datetime
    disabled_at: datetime | None = None
    last_seen_at: datetime | None = None


class ProviderRow(Table, table=True):
    """An OpenID Connect provider. Its client secret is sealed. `settings` are those of `auth.oidc`."""

    __tablename__ = "providers"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client_id: str = Field(sa_type=Text)
    secret_sealed: bytes | None = None
    secret_key_id: str | None = Field(default=None, sa_type=Text)
    settings: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")}
    )
    enabled: bool = True
    created_at: datetime
    updated_at: datetime


class IdentityRow(Table, table=True):
    """Who a person is at a provider: its `sub`. Of `kind` "service" it is a program that calls the API.

    `administrator` is what the provider says, beside what the person is by themselves.
    """

    __tablename__ = "identities"

    provider_id: str = Field(primary_key=True, sa_type=Text, foreign_key="providers.id", ondelete="CASCADE")
    subject: str = Field(primary_key=True, sa_type=Text)
    user_id: str = Field(sa_type=Text, foreign_key="users.id", ondelete="CASCADE", index=True)
    kind: str = Field(default="person", sa_type=Text, sa_column_kwargs={"server_default": text("'person'")})
    administrator: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    created_at: datetime
    last_seen_at: datetime


class MappingRow(Table, table=True):
    """What a claim of a provider's token gives: a role in a workspace, a group, or administration.

    `source` is `realm_role`, `client_role` or `group`; `value` the claim's value.
    """

    __tablename__ = "provider_mappings"

    id: str = Field(primary_key=True, sa_type=Text)
    provider_id: str = Field(sa_type=Text, foreign_key="providers.id", ondelete="CASCADE", index=True)
    source: str = Field(sa_type=Text)
    value: str = Field(sa_type=Text)
    workspace_id: str | None = Field(default=None, sa_type=Text, foreign_key="workspaces.id")
    role: str | None = Field(default=None, sa_type=Text)
    group_id: str | None = Field(default=None, sa_type=Text, foreign_key="groups.id", ondelete="CASCADE")
    administrator: bool = False


class GroupRow(Table, table=True):
    """A group of people, known in every workspace."""

    __tablename__ = "groups"
    __table_args__ = (Index("uq_groups_name", func.lower(column("name")), unique=True),)

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    created_at: datetime


class GroupMemberRow(Table, table=True):
    """Who is in a group. `source` is `local`, or the id of the provider whose token says so."""

    __tablename__ = "group_members"

    group_id: str = Field(primary_key=True, sa_type=Text, foreign_key="groups.id", ondelete="CASCADE")
    user_id: str = Field(
        primary_key=True, sa_type=Text, foreign_key="users.id", ondelete="CASCADE", index=True
    )
    source: str = Field(default="local", primary_key=True, sa_type=Text)


class MembershipRow(Table, table=True):
    """A role that a person or a group has in a workspace. `source` as in GroupMemberRow."""

    __tablename__ = "memberships"

    workspace_id: str = Field(primary_key=True, sa_type=Text, foreign_key="workspaces.id")
    subject_id: str = Field(primary_key=True, sa_type=Text, index=True)
    role: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(default="local", primary_key=True, sa_type=Text)
    created_at: datetime


class WorkflowAccessRow(Table, table=True):
    """A person or a group to whom a narrowed workflow is open."""

    __tablename__ = "workflow_access"

    workflow_id: str = Field(primary_key=True, sa_type=Text, foreign_key="workflows.id", ondelete="CASCADE")
    subject_id: str = Field(primary_key=True, sa_type=Text)


class InvitationRow(Table, table=True):
    """A link, sent to somebody, that is good once: to join (`invite`) or to set a new password (`reset`).

    The link's token is kept as its SHA-256. `roles` are given in `workspace_id` when the invitation is taken.
    """

    __tablename__ = "invitations"

    id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    token_hash: str = Field(sa_type=Text, unique=True)
    email: str = Field(sa_type=Text)
    user_id: str | None = Field(default=None, sa_type=Text, foreign_key="users.id", ondelete="CASCADE")
    workspace_id: str | None = Field(default=None, sa_type=Text, foreign_key="workspaces.id")
    roles: list[str] = Field(
        default_factory=list, sa_type=PORTS, sa_column_kwargs={"server_default": text("'{}'")}
    )
    created_by: str = Field(sa_type=Text)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class ApiKeyRow(Table, table=True):
    """An API key by the SHA-256 of what its holder keeps. Without a `user_id` it is a program's own.

    It allows `actions`, within what its person may do at that moment, in `workspaces`.
    """

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True, sa_type=Text)
    user_id: str | None = Field(
        default=None, sa_type=Text, foreign_key="users.id", ondelete="CASCADE", index=True
    )
    name: str = Field(sa_type=Text)
    key_hash: str = Field(sa_type=Text, unique=True)
    shown: str = Field(sa_type=Text)
    actions: list[str] = Field(sa_type=PORTS)
    workspaces: list[str] = Field(sa_type=PORTS)
    created_by: str = Field(sa_type=Text)
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class AuditRow(Table, table=True):
    """An entry of the audit log, chained to the one before by `hash`, see `services.audit`. Never changed.

    `seen_in` are the workspaces, besides its own, in which it is to be seen: those of the person it is about.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        UniqueConstraint("hash"),
        Index(None, "seen_in", postgresql_using="gin"),
        Index(None, "workspace_id", "seq"),
        Index(None, "actor_id", "seq"),
        Index(None, "action", "seq"),
    )

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor_id: str | None = Field(default=None, sa_type=Text)
    actor_name: str = Field(sa_type=Text)
    impersonator: str | None = Field(default=None, sa_type=Text)
    workspace_id: str | None = Field(default=None, sa_type=Text)
    action: str = Field(sa_type=Text)
    target: str = Field(default="", sa_type=Text)
    outcome: str = Field(sa_type=Text)
    detail: dict[str, Any] | None = Field(default=None, sa_type=JSON_OR_NULL)
    address: str | None = Field(default=None, sa_type=Text)
    seen_in: list[str] = Field(
        default_factory=list, sa_type=PORTS, sa_column_kwargs={"server_default": text("'{}'")}
    )
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
