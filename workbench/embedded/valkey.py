"""The embedded Valkey: loopback only, password required, every write in an append-only file."""

import os

from workbench.embedded import binaries, probes
from workbench.embedded.layout import DataDir, write_private
from workbench.embedded.leftovers import MARK
from workbench.embedded.ports import LOOPBACK
from workbench.embedded.process import ChildSpec

NAME = "valkey"


def spec(home: DataDir, port: int) -> ChildSpec:
    """Return how to run this data directory's Valkey on `port`."""
    password = home.password(NAME)
    configuration = home.run / "valkey.conf"

    async def write_configuration() -> None:
        write_private(configuration, _configuration(home, port, password))

    async def ready(_pid: int) -> bool:
        return await probes.valkey_ok(LOOPBACK, port, password)

    return ChildSpec(
        name=NAME,
        command=(str(binaries.valkey()), str(configuration)),
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: str(home.root)},
        cwd=home.valkey,
        log=home.log(NAME),
        probe=ready,
        prepare=write_configuration,
    )


def url(home: DataDir, port: int) -> str:
    """Return the redis:// URL of the server."""
    return f"redis://:{home.password(NAME)}@{LOOPBACK}:{port}/0"


def _configuration(home: DataDir, port: int, password: str) -> str:
    """Return the configuration file; it holds the password, which therefore is on no command line."""
    folder = str(home.valkey).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(
        (
            f"bind {LOOPBACK}",
            f"port {port}",
            f"requirepass {password}",
            "protected-mode yes",
            "daemonize no",
            f'dir "{folder}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "loglevel notice",
            "",
        )
    )
