"""How commands speak: progress and trouble on standard error, results on standard output."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.errors import Problem
from workbench.embedded.supervisor import Change

TITLES = {
    "postgres": "Postgres",
    "valkey": "Valkey",
    "temporal": "Temporal",
    "worker": "Worker",
    "frontend": "Web pages",
    "web": "Web server",
}
_MARKS = {"starting": ("…", "yellow"), "ready": ("✓", "green"), "died": ("✗", "red"), "stopped": ("–", "dim")}
_WORDS = {"starting": "starting", "ready": "ready", "stopped": "stopped"}

err = Console(stderr=True, highlight=False)
out = Console(highlight=False)


def say(text: str) -> None:
    """Tell the person something that is not the command's result."""
    err.print(text, markup=False, soft_wrap=True)


def fail(text: str) -> None:
    """Tell the person what went wrong."""
    err.print(Text(text, style="red"), soft_wrap=True)


def emit(text: str) -> None:
    """Write the command's result, or a part of it, to standard output at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_problems(problems: Iterable[Problem], console: Console = err) -> None:
    """List problems, each with its node, its field and what to do."""
    for problem in problems:
        place = ".".join(part for part in (problem.node, problem.field) if part) or "document"
        console.print(Text.assemble(("✗ ", "red"), (place, "bold"), f": {problem.message}"), soft_wrap=True)
        if problem.hint:
            console.print(Text(f"    {problem.hint}", style="dim"), soft_wrap=True)


class Progress:
    """The processes' states while they start and stop: a live table on a terminal, else one line a change.

    After `settle`, only what a person should know of is written: deaths and recoveries.
    """

    def __init__(self) -> None:
        self._states: dict[str, Change] = {}
        self._died: set[str] = set()
        self._settled = False
        self._live = Live(console=err, auto_refresh=False, transient=True) if err.is_terminal else None

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end_table()

    def __call__(self, change: Change) -> None:
        """Take notice of a change (a `Report` of the supervisor)."""
        if self._settled:
            self._tell(change)
        elif self._live:
            self._states[change.name] = change
            self._live.update(self._table(), refresh=True)
        elif change.state in ("starting", "ready", "died"):
            say(f"{_title(change)}: {_words(change)}")

    def settle(self) -> None:
        """Everything is up: put the table away, and speak up only when something dies."""
        self._end_table()
        self._settled = True

    def _tell(self, change: Change) -> None:
        if change.state == "died":
            self._died.add(change.name)
            fail(f"{_title(change)} died: {change.detail}. It is started again.")
        elif change.state == "ready" and change.name in self._died:
            self._died.discard(change.name)
            say(f"{_title(change)} is ready again.")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for change in self._states.values():
            mark, style = _MARKS[change.state]
            table.add_row(Text(mark, style=style), _title(change), Text(_words(change), style="dim"))
        return table

    def _end_table(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


def _title(change: Change) -> str:
    return TITLES.get(change.name, change.name)


def _words(change: Change) -> str:
    if change.name == "frontend" and change.state == "starting":
        return "checking, and building if they have changed (up to a minute the first time)"
    return _WORDS.get(change.state) or f"{change.state}: {change.detail}"
