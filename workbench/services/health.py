"""Whether what the workbench stands on answers, and what to do when it does not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from typing import Literal

from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from workbench.db import migrate
from workbench.db.ids import now
from workbench.errors import Unavailable
from workbench.services.access import everywhere
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import Shape

TIMEOUT_S = 3.0

POLLED_WITHIN = timedelta(seconds=75)
"""A worker asks for work at least once a minute; one that has not asked for longer is gone."""

_REMEDIES = {
    "postgres": "See postgres.log in the data directory, or the server at WORKBENCH_DATABASE_URL.",
    "redis": "See valkey.log in the data directory, or the server at WORKBENCH_REDIS_URL.",
    "temporal": "See temporal.log in the data directory, or the server at WORKBENCH_TEMPORAL_ADDRESS.",
    "worker": "See worker.log in the data directory, or start one with: workbench worker",
}


class ServiceHealth(Shape):
    """One service. `detail` says what it answered or what is wrong, `remedy` what to do about that."""

    status: Literal["ok", "away"]
    detail: str
    remedy: str = ""


class Health(Shape):
    """All services by name; `status` is ok when every one of them is."""

    status: Literal["ok", "degraded"]
    services: dict[str, ServiceHealth]


async def health() -> Health:
    """Ask every service, all at once, for at most a few seconds."""
    resources = get_resources()
    checks: dict[str, Callable[[Resources], Awaitable[str]]] = {
        "postgres": _postgres,
        "redis": _redis,
        "temporal": _temporal,
        "worker": _worker,
    }
    found = await asyncio.gather(*(_ask(name, check, resources) for name, check in checks.items()))
    services = dict(zip(checks, found, strict=True))
    well = all(service.status == "ok" for service in found)
    return Health(status="ok" if well else "degraded", services=services)


async def _ask(
    name: str, check: Callable[[Resources], Awaitable[str]], resources: Resources
) -> ServiceHealth:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return ServiceHealth(status="ok", detail=await check(resources))
    except TimeoutError:
        reason = f"No answer within {TIMEOUT_S:g} seconds."
    except Exception as error:  # whatever it is, it is what keeps the service from answering
        reason = str(error).strip() or type(error).__name__
    return ServiceHealth(status="away", detail=reason.splitlines()[0], remedy=_REMEDIES[name])


async def _postgres(resources: Resources) -> str:
    with everywhere():
        return await _migrated(resources)


async def _migrated(resources: Resources) -> str:
    async with resources.transaction(patient=False) as session:
        version = (await session.execute(text("SHOW server_version"))).scalar_one()
        known = (await session.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one()
        found = await session.execute(text("SELECT version_num FROM alembic_version")) if known else None
        migration = found.scalar_one_or_none() if found else None
    migrate.check(migration)
    if migration != migrate.head():
        raise Unavailable(f"The tables are at migration {migration}, not {migrate.head()}: workbench migrate")
    return f"Postgres {version}, migration {migration}"


async def _redis(resources: Resources) -> str:
    info = await resources.redis.info("server")
    name = info.get("server_name", "redis")
    return f"{str(name).capitalize()} {info.get(f'{name}_version') or info.get('redis_version')}"


async def _temporal(resources: Resources) -> str:
    client = (await resources.temporal()).temporal
    await client.service_client.check_health(timeout=timedelta(seconds=TIMEOUT_S))
    return f"Serving namespace {client.namespace}"


async def _worker(resources: Resources) -> str:
    client = (await resources.temporal()).temporal
    queue = resources.settings.task_queue
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=timedelta(seconds=TIMEOUT_S),
    )
    recent = [
        poller
        for poller in answer.pollers
        if now() - poller.last_access_time.ToDatetime(tzinfo=UTC) < POLLED_WITHIN
    ]
    if not recent:
        raise Unavailable(f"No worker asks for work on {queue!r}; runs wait until one does.")
    return f"{len(recent)} on task queue {queue}"
