"""A run on the terminal: a live table of its steps, or one line for each step that settles."""

from typing import Any

from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.contracts import TERMINAL
from workbench.commands.terminal import err, fail, say

_MARKS = {
    "running": ("…", "cyan"),
    "waiting": ("⏳", "yellow"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("○", "dim"),
    "cancelled": ("–", "dim"),
}
_PREVIEW = 60
_ROWS = 30


class RunProgress:
    """Shows states of one run as they come (`GET /runs/{id}`), on standard error."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._last: dict[str, Any] = {}
        self._live = Live(console=err, auto_refresh=False, transient=True) if err.is_terminal else None

    def __enter__(self) -> "RunProgress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.update(self._table(self._last.get("nodes", ())), refresh=True)
            self._live.transient = False
            self._live.stop()
        self._conclude()

    def update(self, run: dict[str, Any]) -> None:
        """Show the run's present state."""
        self._last = run
        if self._live:
            self._live.update(self._table(run["nodes"]), refresh=True)
            return
        for node in run["nodes"]:
            if node["status"] in TERMINAL and node["node_id"] not in self._told:
                self._told.add(node["node_id"])
                say(f"{node['node_id']}: {node['status']}{_duration(node)}")

    def cancelling(self) -> None:
        """Say that the run is being cancelled."""
        say("Cancelling the run …")

    def _table(self, nodes: Any) -> Table:
        table = Table.grid(padding=(0, 1))
        for node in nodes[-_ROWS:]:
            mark, style = _MARKS.get(node["status"], ("?", "dim"))
            table.add_row(
                Text(mark, style=style), node["node_id"], Text(_duration(node).strip(" ()"), style="dim"),
                Text(_one_line(node), style="red" if node["error"] else "dim"),
            )  # fmt: skip
        return table

    def _conclude(self) -> None:
        status = self._last.get("status")
        error = self._last.get("error")
        if status == "failed" and error:
            place = f" at {error['node']}" if error.get("node") else ""
            fail(f"The run failed{place}: {error['message']}")
            if error.get("hint"):
                say(f"    {error['hint']}")
            for line in error.get("detail", "").splitlines():
                say(f"    {line}")
        elif status == "cancelled":
            fail("The run was cancelled.")


def _duration(node: dict[str, Any]) -> str:
    milliseconds = node["duration_ms"]
    if milliseconds is None:
        return ""
    return f" ({milliseconds:.0f} ms)" if milliseconds < 1000 else f" ({milliseconds / 1000:.1f} s)"


def _one_line(node: dict[str, Any]) -> str:
    text = node["error"]["message"] if node["error"] else node["preview"]
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW else line[: _PREVIEW - 1] + "…"
