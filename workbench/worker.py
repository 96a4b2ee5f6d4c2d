"""Composition root of the worker: the application's services bound to the engine's ports."""

import asyncio
import os
import signal
from pathlib import Path

import structlog

from engine.client import EngineClient
from engine.outbound import OutboundPolicy
from engine.runtime import build_worker
from workbench import telemetry
from workbench.embedded.leftovers import MARK
from workbench.embedded.programs import READY_FILE
from workbench.errors import Unavailable
from workbench.services import resources
from workbench.services.blobs import PostgresBlobStore
from workbench.services.records import PostgresRunSink
from workbench.services.secrets import EnvironmentSecrets
from workbench.settings import Settings, get_settings

log = structlog.get_logger(__name__)

_CONNECT_S = 60.0
_PAUSE_S = 1.0


def main() -> None:
    """Work until SIGINT or SIGTERM."""
    settings = get_settings()
    telemetry.configure("worker", settings, console=MARK not in os.environ)
    asyncio.run(run(settings))


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
            secrets=EnvironmentSecrets(),
            outbound=OutboundPolicy(services=settings.own_endpoints),
            task_queue=settings.task_queue,
        )
        async with worker:
            _say_ready()
            log.info("worker takes work", task_queue=settings.task_queue)
            await stop.wait()
            log.info("worker stops")
    finally:
        await resources.close()


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
