"""Queries about secrets; what they hold is sealed before it comes here."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.paging import Rows
from workbench.db.tables import SecretRow


async def put(
    session: AsyncSession, workspace_id: str, name: str, *, sealed: bytes, key_id: str, by: str
) -> None:
    """Store a sealed secret in place of what `name` held before."""
    at = now()
    changed = {"sealed": sealed, "key_id": key_id, "updated_by": by, "updated_at": at}
    insertion = insert(SecretRow).values(workspace_id=workspace_id, name=name, created_at=at, **changed)
    await session.execute(
        insertion.on_conflict_do_update(index_elements=["workspace_id", "name"], set_=changed)
    )


async def get(session: AsyncSession, workspace_id: str, name: str) -> SecretRow | None:
    """Return the sealed secret `name`."""
    return await session.get(SecretRow, (workspace_id, name))


async def page(session: AsyncSession, *, limit: int, after: str) -> Rows:
    """Return up to `limit` secrets by name, without what they hold."""
    query = (
        select(
            col(SecretRow.name),
            col(SecretRow.created_at),
            col(SecretRow.updated_at),
            col(SecretRow.updated_by),
        )
        .where(col(SecretRow.name) > after)
        .order_by(col(SecretRow.name))
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def known(session: AsyncSession, names: Collection[str]) -> frozenset[str]:
    """Return those of the names under which something is stored."""
    query = select(col(SecretRow.name)).where(col(SecretRow.name).in_(names))
    return frozenset((await session.execute(query)).scalars())


async def remove(session: AsyncSession, name: str) -> bool:
    """Forget a secret; return whether there was one."""
    query = delete(SecretRow).where(col(SecretRow.name) == name).returning(col(SecretRow.name))
    return (await session.execute(query)).first() is not None
