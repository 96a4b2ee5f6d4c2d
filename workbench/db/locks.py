"""Work that one process does at a time, without a transaction that stays open for as long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, OperationalError

from workbench.db.session import plain_url
from workbench.errors import Unavailable

_CONNECT_S = 5


@asynccontextmanager
async def exclusive(url: str, key: int) -> AsyncIterator[bool]:
    """Give whether this process holds the lock `key` for the length of the block.

    The lock belongs to a connection of its own, outside of the pools, which is in no transaction: it hinders
    nobody, and Postgres lets the lock go when the process dies. Raises Unavailable.
    """
    try:
        connection = await AsyncConnection.connect(
            plain_url(url), autocommit=True, connect_timeout=_CONNECT_S
        )
    except OperationalError as error:
        raise Unavailable(f"Postgres does not answer: {str(error).strip()}") from error
    async with connection:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        row = await cursor.fetchone()
        yield bool(row and row[0])
