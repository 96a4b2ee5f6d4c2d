"""`workbench`: start everything, say where it is, keep it running until told to stop."""

import asyncio
import contextlib
import os
import sys
import time
import webbrowser

import httpx
import structlog

from workbench import routes, telemetry
from workbench.commands.other import url_of_other
from workbench.commands.signals import run_until_told
from workbench.commands.terminal import Progress, emit, fail, say
from workbench.embedded import stack
from workbench.embedded.errors import AlreadyRunning
from workbench.embedded.layout import DataDir
from workbench.embedded.supervisor import Change, Supervisor
from workbench.errors import WorkbenchError
from workbench.settings import Settings

_PAUSE_S = 0.2
log = structlog.get_logger(__name__)


def start(settings: Settings, *, browser: bool) -> int:
    """Run the workbench until a signal; return the exit code.

    Where one runs already in this data directory, open that one instead.
    """
    home = DataDir(settings.data_dir)
    while True:
        try:
            return _start(home, settings, browser=browser)
        except AlreadyRunning:
            if url := asyncio.run(url_of_other(home)):
                say(f"A workbench is already running in {home.root}.")
                _announce(url, browser=browser)
                return 0
            time.sleep(_PAUSE_S)
        except WorkbenchError as error:
            fail(str(error))
            return 1


def _start(home: DataDir, settings: Settings, *, browser: bool) -> int:
    progress = Progress()

    def report(change: Change) -> None:
        log.info("process changed", part=change.name, state=change.state, detail=change.detail)
        progress(change)

    home.create()
    telemetry.configure("workbench", data_dir=settings.data_dir, level=settings.log_level, console=False)
    supervisor = Supervisor(home, report=report)

    async def run() -> int:
        async with supervisor:
            say(f"Starting the workbench; its data is in {home.root}")
            with progress:
                complete = await stack.up(supervisor, settings, report=report)
            progress.settle()
            supervisor.instance.publish(url=complete.url)
            await _say_where_to_set_up(home, complete)
            _announce(complete.url, browser=browser)
            await _until_stopped()
        return 0

    return run_until_told(run(), hurry=supervisor.kill, told=0)


async def _say_where_to_set_up(home: DataDir, settings: Settings) -> None:
    """Say where a team's workbench in which there is nobody yet tells how to set it up."""
    if settings.mode == "single":
        return
    async with httpx.AsyncClient(timeout=5) as client:
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.get(f"{settings.url}{routes.SIGN_IN}")
            if answer.headers.get("location", "").endswith(routes.SET_UP):
                say(f"Nobody can sign in yet: {home.log('web')} has the address at which to set it up.")


async def _until_stopped() -> None:
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        say("Stopping; runs in progress go on at the next start.")


def _announce(url: str, *, browser: bool) -> None:
    emit(f"Workbench is ready at {url}")
    if browser and _has_screen():
        webbrowser.open(url)


def _has_screen() -> bool:
    """Say whether a browser could show a window: webbrowser would else start one inside the terminal."""
    return sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
