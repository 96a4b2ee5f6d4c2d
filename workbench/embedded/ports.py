"""Free ports on the loopback interface, remembered, so that a restart finds everything where it was."""

import json
import random
import socket
from collections.abc import Iterable

from workbench.embedded.errors import EmbeddedError
from workbench.embedded.layout import DataDir, read_json, write_private

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (ip_local_port_range, 32768 on)."""


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen on `host:port` now (a socket in TIME_WAIT is no obstacle)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def assign(home: DataDir, names: Iterable[str]) -> dict[str, int]:
    """Return one free port for each name: the remembered one if it is still free, else a new one."""
    path = home.run / "ports.json"
    remembered = read_json(path)
    chosen: dict[str, int] = {}
    for name in names:
        known = remembered.get(name)
        if isinstance(known, int) and known not in chosen.values() and is_free(LOOPBACK, known):
            chosen[name] = known
        else:
            chosen[name] = _pick(taken={*chosen.values(), *remembered.values()})
    write_private(path, json.dumps({**remembered, **chosen}))
    return chosen


def _pick(*, taken: set[int]) -> int:
    for port in random.sample(_RANGE, 200):
        if port not in taken and is_free(LOOPBACK, port):
            return port
    raise EmbeddedError(
        "No free port was found on 127.0.0.1 between 20000 and 32000. Stop some other programs."
    )
