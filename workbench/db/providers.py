"""Queries about identity providers, who people are there, and what their claims give."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import (
    GroupMemberRow,
    IdentityRow,
    MappingRow,
    MembershipRow,
    ProviderRow,
)


async def every(session: AsyncSession) -> Sequence[ProviderRow]:
    """Return all providers, by name."""
    return (await session.scalars(select(ProviderRow).order_by(col(ProviderRow.name)))).all()


async def get(session: AsyncSession, provider_id: str) -> ProviderRow | None:
    """Return a provider."""
    return None if "\x00" in provider_id else await session.get(ProviderRow, provider_id[:100])


async def by_issuer(session: AsyncSession, issuer: str) -> ProviderRow | None:
    """Return the provider with that issuer."""
    if "\x00" in issuer:  # the database has no text with it
        return None
    return (await session.scalars(select(ProviderRow).where(col(ProviderRow.issuer) == issuer))).first()


async def mappings(session: AsyncSession, provider_id: str) -> Sequence[MappingRow]:
    """Return what a provider's claims give, in the order in which it was said."""
    query = select(MappingRow).where(col(MappingRow.provider_id) == provider_id)
    return (await session.scalars(query.order_by(col(MappingRow.id)))).all()


async def replace_mappings(session: AsyncSession, provider_id: str, rows: Sequence[MappingRow]) -> None:
    """Let these be what a provider's claims give."""
    await session.execute(delete(MappingRow).where(col(MappingRow.provider_id) == provider_id))
    session.add_all(rows)


async def given_roles(session: AsyncSession, provider_id: str, user_id: str) -> Sequence[MembershipRow]:
    """Return the roles that a provider gave a person."""
    query = select(MembershipRow).where(
        col(MembershipRow.source) == provider_id, col(MembershipRow.subject_id) == user_id
    )
    return (await session.scalars(query)).all()


async def given_groups(session: AsyncSession, provider_id: str, user_id: str) -> Sequence[GroupMemberRow]:
    """Return the groups into which a provider put a person."""
    query = select(GroupMemberRow).where(
        col(GroupMemberRow.source) == provider_id, col(GroupMemberRow.user_id) == user_id
    )
    return (await session.scalars(query)).all()


async def subject(session: AsyncSession, provider_id: str, sub: str) -> IdentityRow | None:
    """Return who somebody is who a provider calls `sub`."""
    return await session.get(IdentityRow, (provider_id, sub))
