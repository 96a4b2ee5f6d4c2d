"""Queries about people: by their address, and their names by the ids that records keep."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import ApiKeyRow, UserRow

KEY = "key:"
"""What stands before the id of a key that is a program's own."""


async def by_email(session: AsyncSession, email: str) -> UserRow | None:
    """Return the person with this address, however it is capitalised."""
    query = select(UserRow).where(func.lower(col(UserRow.email)) == email.lower())
    return (await session.execute(query)).scalars().first()


async def anybody(session: AsyncSession) -> bool:
    """Return whether there is a person at all."""
    return (await session.execute(select(col(UserRow.id)).limit(1))).first() is not None


async def names(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """Return the names of the people and programs that are known."""
    people = select(col(UserRow.id), col(UserRow.name)).where(col(UserRow.id).in_(ids))
    found = {row.id: row.name for row in await session.execute(people)}
    keys = {id_.removeprefix(KEY) for id_ in ids if id_.startswith(KEY)}
    if keys:
        programs = select(col(ApiKeyRow.id), col(ApiKeyRow.name)).where(col(ApiKeyRow.id).in_(keys))
        found |= {f"{KEY}{row.id}": row.name for row in await session.execute(programs)}
    return found
