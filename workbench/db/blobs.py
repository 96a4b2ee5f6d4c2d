"""Queries about blobs: content by its hash."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.tables import BlobRow


async def put(session: AsyncSession, digest: str, data: bytes) -> None:
    """Store `data` under its hash, unless it is there."""
    known = select(col(BlobRow.hash)).where(col(BlobRow.hash) == digest)
    if (await session.execute(known)).first() is not None:
        return
    row = {"hash": digest, "data": data, "size": len(data), "created_at": now()}
    await session.execute(insert(BlobRow).values(row).on_conflict_do_nothing())


async def get(session: AsyncSession, digest: str) -> bytes | None:
    """Return the content with this hash."""
    query = select(col(BlobRow.data)).where(col(BlobRow.hash) == digest)
    return (await session.execute(query)).scalar_one_or_none()
