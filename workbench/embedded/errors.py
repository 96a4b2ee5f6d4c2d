"""Why the embedded services could not be started; each message ends with what to do.

WorkbenchError
└── EmbeddedError
    ├── StartFailed        a process ended or did not become ready; carries the end of its log
    ├── AlreadyRunning     another process holds this data directory
    └── PortTaken          the port for the browser belongs to another program
"""

from pathlib import Path

from workbench.errors import WorkbenchError


class EmbeddedError(WorkbenchError):
    """The workbench cannot start here; the message says why and what to do."""

    status = 503
    code = "unavailable"


class StartFailed(EmbeddedError):
    """`name` did not start; `tail` are the last lines it wrote to `log`."""

    def __init__(self, name: str, reason: str, *, log: Path, tail: str) -> None:
        shown = f"\n{tail}" if tail else ""
        super().__init__(f"{name} failed: {reason}. Its log is {log}{shown}")
        self.name = name
        self.log = log
        self.tail = tail


class AlreadyRunning(EmbeddedError):
    """Another process holds the data directory's lock."""


class PortTaken(EmbeddedError):
    """Another program listens on the port that the browser should use."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken by another program. "
            f"Choose a free one, for example: workbench --port {port + 1}"
        )
        self.port = port
