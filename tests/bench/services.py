"""The embedded services for a bench, and runs that the database knows, so that their records are written."""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from engine.graph import Document
from workbench.auth.principal import OWNER
from workbench.db.migrate import upgrade
from workbench.db.scoping import reach_everything
from workbench.embedded import services
from workbench.services import resources, runs, workflows
from workbench.services.access import acting
from workbench.services.resources import Resources
from workbench.settings import Settings

COPY = """
INSERT INTO runs (id, status, {columns})
SELECT unnest(cast(:ids AS text[])), 'queued', {columns} FROM runs WHERE id = :template
"""


@dataclass(frozen=True)
class Services:
    """All services on a fresh data directory, and the ids of runs that wait to be started."""

    resources: Resources
    run_ids: Iterator[str]


@asynccontextmanager
async def running(run_count: int) -> AsyncIterator[Services]:
    """Start the services as the workbench does and make `run_count` runs."""
    directory = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    try:
        async with services.running(Settings(data_dir=directory / "data")) as settings:
            assert settings.database_url
            upgrade(settings.database_url)
            reach_everything()  # the bench is a worker and its client
            connected = resources.configure(settings)
            yield Services(connected, iter(await _runs(connected, run_count)))
            await resources.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _runs(connected: Resources, count: int) -> list[str]:
    """Copy one run's row so many times; what a run's document says does not matter to its records."""
    workflow = await workflows.create_workflow(OWNER, document=Document(name="Bench"))
    template = await runs.start_run(OWNER, workflow_id=workflow.id, inputs={})
    with acting(OWNER):
        return await _copied(connected, template.id, count)


async def _copied(connected: Resources, template: str, count: int) -> list[str]:
    ids = [str(uuid.uuid4()) for _ in range(count)]
    async with connected.transaction() as session:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'runs'"
        columns = [name for (name,) in (await session.execute(text(query))).all()]
        copied = ", ".join(name for name in columns if name not in ("id", "status"))
        statement = text(COPY.format(columns=copied))
        await session.execute(statement, {"ids": ids, "template": template})
    return ids
