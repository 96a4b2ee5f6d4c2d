"""Connections: a Postgres that dies is noticed by nobody, one that stays away is said to be away."""

import asyncio
import os
import signal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.embedded.supervisor import Supervisor
from workbench.errors import Unavailable
from workbench.services import workflows
from workbench.services.resources import Resources
from workbench.settings import Settings


async def test_reads_and_writes_go_on_after_postgres_was_killed(
    resources: Resources, supervisor: Supervisor, principal: Principal
) -> None:
    created = await workflows.create_workflow(principal, document=Document(name="Before"))
    pid = supervisor.child("postgres").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while supervisor.child("postgres").pid in (pid, None):
        await asyncio.sleep(0.02)

    second = await workflows.create_workflow(principal, document=Document(name="After"))
    found = [item.id for item in (await workflows.list_workflows(principal)).items]
    assert found == [second.id, created.id]


async def test_a_query_whose_connection_dies_is_asked_once_more(resources: Resources) -> None:
    asked = 0

    async def query(session: AsyncSession) -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return (await session.execute(text("SELECT 42"))).scalar_one()

    assert await resources.read(query) == 42
    assert asked == 2


async def test_what_is_written_before_an_error_is_rolled_back(resources: Resources) -> None:
    async def fail_halfway() -> None:
        async with resources.transaction() as session:
            await session.execute(text("CREATE TABLE never (x int)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    async with resources.transaction() as session:
        assert (await session.execute(text("SELECT to_regclass('never')"))).scalar_one() is None


@pytest.mark.parametrize("url", ["postgresql+psycopg://nobody@127.0.0.1:1/nothing", None])
async def test_a_database_that_is_away_is_named(settings: Settings, url: str | None) -> None:
    resources = Resources(settings.model_copy(update={"database_url": url}))
    with pytest.raises(Unavailable, match=r"Postgres|WORKBENCH_DATABASE_URL"):
        async with resources.transaction():
            pass
    await resources.close()
