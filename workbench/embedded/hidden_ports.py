"""The ports that Temporal chooses by itself, which no setting names: they are ours, refused to documents."""

import time

import psutil

from workbench.embedded import temporal
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import Register
from workbench.embedded.ports import LOOPBACK

FRESH_S = 5.0
"""So long what was found is believed: looking takes milliseconds, and only a new Temporal has new ports."""


class HiddenPorts:
    """Where the data directory's Temporal listens, looked up when it is asked for."""

    def __init__(self, home: DataDir) -> None:
        self._register = Register(home)
        self._found: frozenset[tuple[str, int]] = frozenset()
        self._until = 0.0

    def __call__(self) -> frozenset[tuple[str, int]]:
        """Return (host, port) of each socket that Temporal listens on; nothing where it is an outside one."""
        if time.monotonic() >= self._until:
            self._found = frozenset((LOOPBACK, port) for port in self._listening())
            self._until = time.monotonic() + FRESH_S
        return self._found

    def _listening(self) -> list[int]:
        pid = self._register.pid(temporal.NAME)
        if pid is None:
            return []
        try:
            connections = psutil.Process(pid).net_connections("tcp")
        except psutil.Error:  # it has ended just now
            return []
        return [found.laddr.port for found in connections if found.status == psutil.CONN_LISTEN]
