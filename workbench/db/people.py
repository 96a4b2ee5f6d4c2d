"""Queries about people by their e-mail address."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import UserRow


async def by_email(session: AsyncSession, email: str) -> UserRow | None:
    """Return the person with this address, however it is capitalised."""
    query = select(UserRow).where(func.lower(col(UserRow.email)) == email.lower())
    return (await session.execute(query)).scalars().first()


async def anybody(session: AsyncSession) -> bool:
    """Return whether there is a person at all."""
    return (await session.execute(select(col(UserRow.id)).limit(1))).first() is not None
