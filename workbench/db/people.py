"""Names by the ids that records keep: a person's, or `key:<id>` of a program's key."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import ApiKeyRow, UserRow

KEY = "key:"


async def names(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those that are known."""
    people = select(col(UserRow.id), col(UserRow.name)).where(col(UserRow.id).in_(ids))
    found = {id_: name for id_, name in await session.execute(people)}
    keys = {id_.removeprefix(KEY) for id_ in ids if id_.startswith(KEY)}
    if keys:
        programs = select(col(ApiKeyRow.id), col(ApiKeyRow.name)).where(col(ApiKeyRow.id).in_(keys))
        found |= {f"{KEY}{id_}": name for id_, name in await session.execute(programs)}
    return found
