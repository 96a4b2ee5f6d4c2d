"""Queries about blobs: content by its hash."""

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.tables import BlobRow, RunBlobRow, RunRow


async def put(session: AsyncSession, digest: str, data: bytes) -> None:
    """Store `data` under its hash, unless it is there."""
    known = select(col(BlobRow.hash)).where(col(BlobRow.hash) == digest)
    if (await session.execute(known)).first() is not None:
        return
    row = {"hash": digest, "data": data, "size": len(data), "created_at": now()}
    await session.execute(insert(BlobRow).values(row).on_conflict_do_nothing())


async def put_for(session: AsyncSession, digest: str, run_id: str) -> None:
    """Note that a stored blob was put for a run, if there is such a run."""
    found = select(literal(digest), col(RunRow.id)).where(col(RunRow.id) == run_id)
    statement = insert(RunBlobRow).from_select(["hash", "run_id"], found)
    await session.execute(statement.on_conflict_do_nothing())


async def may_read(session: AsyncSession, digest: str) -> bool:
    """Return whether the blob was put for a run that is reached."""
    query = select(col(RunBlobRow.hash)).join(RunRow, col(RunRow.id) == col(RunBlobRow.run_id))
    query = query.where(col(RunBlobRow.hash) == digest)
    return (await session.execute(query.limit(1))).first() is not None


async def size(session: AsyncSession, digest: str) -> int | None:
    """Return the size, in bytes, of the content with this hash."""
    query = select(col(BlobRow.size)).where(col(BlobRow.hash) == digest)
    return (await session.execute(query)).scalar_one_or_none()


async def get(session: AsyncSession, digest: str) -> bytes | None:
    """Return the content with this hash."""
    query = select(col(BlobRow.data)).where(col(BlobRow.hash) == digest)
    return (await session.execute(query)).scalar_one_or_none()
