"""The process's connections to Postgres, Redis and Temporal: made when first needed, closed once.

Services ask here instead of taking connections as arguments, because a process has one of each, and so
that an event handler stays one call. Tests call `configure` with their own settings.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import structlog
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from workbench.db import task_changes
from workbench.db.session import create_engine, plain_url, session_factory
from workbench.errors import Unavailable
from workbench.services.events import Publisher
from workbench.services.task_news import TaskNews
from workbench.settings import Settings, get_settings

if TYPE_CHECKING:
    from engine.client import EngineClient

log = structlog.get_logger(__name__)
T = TypeVar("T")

RESTART_PAUSES_S = (0.1, 0.3, 0.6, 1.0, 2.0)
"""Between tries to reach a Postgres that may be restarting: half a second, longer on a busy machine."""


class Resources:
    """One process's connections. Everything is lazy; `close` ends what was made.

    `run_ended` is set when this process writes the end of a run, to wake what follows ends; `told` when it
    puts something into the outbox, to wake what delivers.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engine: AsyncEngine | None = None
        self._records: AsyncConnectionPool | None = None
        self._redis: Redis | None = None
        self._events: Publisher | None = None
        self._task_news: TaskNews | None = None
        self._temporal: EngineClient | None = None
        self._lock = asyncio.Lock()
        self.run_ended = asyncio.Event()
        self.told = asyncio.Event()

    @property
    def engine(self) -> AsyncEngine:
        """Return the SQLAlchemy engine."""
        if self._engine is None:
            self._engine = create_engine(self.database_url)
        return self._engine

    @property
    def redis(self) -> Redis:
        """Return the Redis client; it tries a lost connection again, briefly."""
        if self._redis is None:
            self._redis = connect_redis(_needed(self.settings.redis_url, "redis_url"))
        return self._redis

    @property
    def events(self) -> Publisher:
        """Return what tells watchers about runs."""
        if self._events is None:
            self._events = Publisher(self.redis)
        return self._events

    @property
    def task_news(self) -> TaskNews:
        """Return what tells watchers about tasks."""
        if self._task_news is None:
            self._task_news = TaskNews(self.redis)
        return self._task_news

    async def records(self) -> AsyncConnectionPool:
        """Return the plain psycopg pool of the hot path (`records.PostgresRunSink`)."""
        async with self._lock:
            if self._records is None:
                pool = AsyncConnectionPool(
                    plain_url(self.database_url),
                    min_size=1,
                    max_size=10,
                    open=False,
                    timeout=5,
                    kwargs={
                        "autocommit": True,
                        "connect_timeout": 5,
                        "prepare_threshold": 1,
                        "options": "-c plan_cache_mode=force_generic_plan",
                    },
                    name="records",
                )
                await pool.open()
                self._records = pool
            return self._records

    async def temporal(self) -> "EngineClient":
        """Return the engine's client. Raises Unavailable when Temporal does not answer."""
        from engine.client import EngineClient
        from workbench.services.blobs import PostgresBlobStore

        async with self._lock:
            if self._temporal is None:
                settings = self.settings
                address = _needed(settings.temporal_address, "temporal_address")
                key = settings.temporal_api_key
                try:
                    self._temporal = await asyncio.wait_for(
                        EngineClient.connect(
                            address,
                            namespace=settings.temporal_namespace,
                            task_queue=settings.task_queue,
                            blobs=PostgresBlobStore(self),
                            api_key=key.get_secret_value() if key else None,
                            tls=settings.temporal_tls,
                        ),
                        timeout=5,
                    )
                except (OSError, RuntimeError, TimeoutError) as error:
                    reason = str(error) or "timeout"
                    raise Unavailable(f"Temporal does not answer at {address}: {reason}") from error
            return self._temporal

    @asynccontextmanager
    async def transaction(self, *, patient: bool = True) -> AsyncIterator[AsyncSession]:
        """Lend a session that is committed at the end of the block, or rolled back by an exception.

        A Postgres that is just restarting is waited for if `patient`. Raises Unavailable when it does not
        answer.
        """
        try:
            async with session_factory(self.engine)() as session:
                await _connect(session, RESTART_PAUSES_S if patient else ())
                yield session
                await session.commit()
                changed = task_changes.noted(session)
            if changed:
                self.task_news.tell(changed)
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise database_away(error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise database_away(error) from error
            raise

    async def read(self, query: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Return `query(session)`; when its connection dies meanwhile, ask once more on another."""
        try:
            async with self.transaction() as session:
                return await query(session)
        except Unavailable as error:
            if not _died_meanwhile(error):
                raise
            log.warning("a query is asked again after its connection died")
        async with self.transaction() as session:
            return await query(session)

    async def close(self) -> None:
        """Close every connection that was made, after what was to be published is."""
        if self._events is not None:
            await self._events.flush()
        if self._task_news is not None:
            await self._task_news.flush()
        if self._engine is not None:
            await self._engine.dispose()
        if self._records is not None:
            await self._records.close()
        if self._redis is not None:
            await self._redis.aclose()
        self._engine = self._records = self._redis = self._events = None
        self._task_news = self._temporal = None

    @property
    def database_url(self) -> str:
        """Return the address of Postgres. Raises Unavailable when there is none."""
        return _needed(self.settings.database_url, "database_url")


async def _connect(session: AsyncSession, pauses: tuple[float, ...]) -> None:
    """Take a connection from the pool; nothing was done with it yet, so this may be tried again."""
    for pause in pauses:
        try:
            await session.connection()
        except (OperationalError, InterfaceError):
            await session.rollback()
            await asyncio.sleep(pause)
        else:
            return
    await session.connection()


def _died_meanwhile(error: Unavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and cause.connection_invalidated


def connect_redis(url: str) -> Redis:
    """Return a client for `url` that answers within seconds, also with an error."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=10,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def database_away(error: Exception) -> Unavailable:
    """Return what a person is told when Postgres does not answer."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()
    return Unavailable(f"Postgres does not answer: {reason[0] if reason else type(error).__name__}")


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise Unavailable(
            f"WORKBENCH_{name.upper()} is not set. `workbench` sets it for the processes it starts; "
            "a process that is started by itself needs it in its environment."
        )
    return value


_current: Resources | None = None


def get_resources() -> Resources:
    """Return the process's resources, made from its settings when first asked for."""
    global _current
    if _current is None:
        _current = Resources(get_settings())
    return _current


def configure(settings: Settings) -> Resources:
    """Use `settings` from now on instead of the environment's; what is open stays the caller's to close."""
    global _current
    _current = Resources(settings)
    return _current


async def close() -> None:
    """Close the process's resources; the next use makes new ones."""
    global _current
    if _current is not None:
        await _current.close()
    _current = None
