"""How the process reaches Postgres: one engine, short sessions, connections checked before use."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from workbench.db.json_text import dump_text, loads
from workbench.db.scoping import ScopedSession

Sessions = async_sessionmaker[AsyncSession]


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine for a `postgresql+psycopg://` URL.

    A pooled connection is tried before it is lent (`pool_pre_ping`), so that a Postgres that was killed
    and came back is not noticed by the next query.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={"connect_timeout": 5},
        hide_parameters=True,  # an error quotes them, and errors are logged
        json_serializer=dump_text,
        json_deserializer=loads,
    )


def session_factory(engine: AsyncEngine) -> Sessions:
    """Return the factory of sessions, which see what is reached; rows stay readable after their commit."""
    return async_sessionmaker(engine, expire_on_commit=False, sync_session_class=ScopedSession)


def plain_url(url: str) -> str:
    """Return a SQLAlchemy URL as libpq reads it: without the driver's name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
