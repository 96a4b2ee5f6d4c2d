"""`workbench migrate`: bring the database to this code's tables, with an embedded one started for it."""

import asyncio

from workbench import telemetry
from workbench.commands.terminal import fail, say
from workbench.embedded import services
from workbench.embedded.errors import AlreadyRunning
from workbench.embedded.layout import DataDir
from workbench.errors import WorkbenchError
from workbench.settings import Settings


def migrate(settings: Settings) -> int:
    """Migrate the settings' database, or the embedded one; return the exit code."""
    try:
        if settings.database_url:
            _upgrade(settings.database_url)
        else:
            asyncio.run(_upgrade_embedded(settings))
    except AlreadyRunning:
        say("The workbench that is running in this data directory has migrated its database when it started.")
    except WorkbenchError as error:
        fail(str(error))
        return 1
    return 0


async def _upgrade_embedded(settings: Settings) -> None:
    DataDir(settings.data_dir).create()
    telemetry.configure("migrate", data_dir=settings.data_dir, level=settings.log_level, console=False)
    elsewhere = {"redis_url": "redis://not-needed", "temporal_address": "not-needed:1"}
    async with services.running(settings.model_copy(update=elsewhere)) as complete:
        await asyncio.to_thread(_upgrade, complete.database_url or "")


def _upgrade(url: str) -> None:
    from sqlalchemy.exc import OperationalError

    from workbench.db.migrate import upgrade

    try:
        before, after = upgrade(url)
    except OperationalError as error:
        raise WorkbenchError(f"The database does not answer: {str(error.orig).strip()}") from error
    say(f"The database is at {after}." if before == after else f"The database went from {before} to {after}.")
