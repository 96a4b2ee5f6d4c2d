"""A process of its own that runs the embedded services until it is told to stop, for tests that kill it.

    python -m tests.workbench.embedded.host DATA_DIR

It prints one JSON object with the settings and the children's pids once all are ready.
"""

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

from workbench.embedded.concurrently import concurrently
from workbench.embedded.layout import DataDir
from workbench.embedded.services import EmbeddedServices
from workbench.embedded.supervisor import Supervisor
from workbench.settings import Settings


async def main(data_dir: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Supervisor(DataDir(data_dir)) as supervisor:
        services = EmbeddedServices(supervisor, Settings(data_dir=data_dir))
        await concurrently(start() for start in services.starters.values())
        pids = {name: supervisor.child(name).pid for name in services.starters}
        print(json.dumps({"url": services.settings.database_url, "pids": pids}), flush=True)
        with contextlib.suppress(asyncio.CancelledError):
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
