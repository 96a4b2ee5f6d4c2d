"""Composition root of the worker: the application's services bound to the engine's ports."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog

from engine.client import EngineClient
from engine.isolation import PythonPolicy
from engine.runtime import build_worker
from workbench import telemetry
from workbench.db.scoping import reach_everything
from workbench.embedded.leftovers import MARK
from workbench.embedded.programs import MIGRATED_FILE, READY_FILE
from workbench.errors import Unavailable
from workbench.outside import read_settings, require_services
from workbench.services import event_inbox, reconcile, resources, task_telling
from workbench.services.blobs import PostgresBlobStore
from workbench.services.event_inbox import PostgresEventInbox
from workbench.services.guarded import outbound_policy
from workbench.services.notifications import outbox
from workbench.services.notifications.outbox import PostgresOutbox
from workbench.services.records import PostgresRunSink
from workbench.services.secrets import StoredSecrets
from workbench.services.slots import PostgresSlots
from workbench.services.task_inbox import PostgresInbox
from workbench.services.triggers import following, schedules
from workbench.services.triggers.starter import StoredSchedules
from workbench.settings import Settings

log = structlog.get_logger(__name__)

_CONNECT_S = 60.0
_PAUSE_S = 1.0


def main() -> None:
    """Work until SIGINT or SIGTERM."""
    settings = read_settings()
    require_services(settings)
    telemetry.configure(
        "worker", data_dir=settings.data_dir, level=settings.log_level, console=MARK not in os.environ
    )
    _migrate(settings)
    reach_everything()
    asyncio.run(run(settings))


def _migrate(settings: Settings) -> None:
    """Bring the database to this code's tables, if the supervisor wants that and it has not been done yet.

    A worker that is started by itself leaves that to `workbench migrate`. Raises DatabaseTooNew.
    """
    done = Path(os.environ[MIGRATED_FILE]) if MIGRATED_FILE in os.environ else None
    if done and settings.database_url and not done.exists():
        from workbench.db.migrate import upgrade

        before, after = upgrade(settings.database_url)
        log.info("database migrated", before=before, after=after)
        done.touch(mode=0o600)


async def run(settings: Settings) -> None:
    """Take work from the task queue until a signal; activities that run then may finish within ten seconds.

    Raises Unavailable when Temporal does not answer for a minute.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        client = await _connect()
        blobs = PostgresBlobStore(resources.get_resources())
        worker = build_worker(
            client.temporal,
            sink=PostgresRunSink(),
            blobs=blobs,
            secrets=StoredSecrets(resources.get_resources()),
            slots=PostgresSlots(),
            events=PostgresEventInbox(),
            inbox=PostgresInbox(),
            outbox=PostgresOutbox(),
            starter=StoredSchedules(),
            outbound=outbound_policy(settings),
            task_queue=settings.task_queue,
            python=PythonPolicy(way=settings.python, image=settings.python_image),
            build_id=settings.build_id,
        )
        async with worker:
            _say_ready()
            log.info("worker takes work", task_queue=settings.task_queue)
            await _until(
                stop,
                reconcile.run_forever(),
                event_inbox.run_forever(),
                task_telling.run_forever(),
                outbox.run_forever(),
                schedules.run_forever(),
                following.run_forever(),
            )
            log.info("worker stops")
    finally:
        await resources.close()


async def _until(stop: asyncio.Event, *beside: Coroutine[Any, Any, None]) -> None:
    """Do what is `beside` until told to stop; an error of it is raised, so that the worker starts anew."""
    tasks = [*(asyncio.create_task(one) for one in beside), asyncio.create_task(stop.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connect() -> EngineClient:
    deadline = asyncio.get_running_loop().time() + _CONNECT_S
    while True:
        try:
            return await resources.get_resources().temporal()
        except Unavailable as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.warning("temporal does not answer yet", error=str(error))
            await asyncio.sleep(_PAUSE_S)


def _say_ready() -> None:
    """Tell the supervisor, if there is one, that this process takes work."""
    if path := os.environ.get(READY_FILE):
        Path(path).write_text(str(os.getpid()))
