"""The list of a container's passes in the drawer: how each one went, and a way to it."""

from dataclasses import dataclass

import reflex as rx

from engine.contracts import TERMINAL
from workbench.services import passes
from workbench.services.shapes import NodeRun, Pass
from workbench.state.base import AppState
from workbench.state.durations import spoken
from workbench.state.passes import PassBook, place_in_words
from workbench.state.views import Choice

PAGE = 100


@dataclass(frozen=True)
class PassRow:
    """A pass in the list: its index, and as texts its index (to ask for it) and that counted from 1.

    `item` and `result` are what it was given and gave, `error` the first line of what went wrong.
    """

    index: int
    wish: str
    number: str
    status: str
    duration: str
    item: str
    result: str
    error: str

    @classmethod
    def of(cls, one: Pass) -> "PassRow":
        """Return the row of a pass."""
        message = one.error.message.strip() if one.error else ""
        return cls(
            index=one.index,
            wish=str(one.index),
            number=f"{one.index + 1:,}",
            status=one.status,
            duration=spoken(one.duration_ms),
            item=one.item,
            result=one.result if one.status == "succeeded" else "",
            error=message.splitlines()[0] if message else "",
        )


class PassListState(AppState):
    """The passes of `container`; `current` is the index of the one that the canvas shows.

    `again` is its number, counted from 1, where the container can be run again from it, once the run has
    ended; else it is empty. `retry` says that failed items can be run again.
    """

    container: str = ""
    containers: list[Choice] = []
    rows: list[PassRow] = []
    current: int = -1
    again: str = ""
    retry: bool = False
    failed_only: bool = False
    cursor: str = ""
    _run_id: str = ""
    _book: PassBook = PassBook()

    @rx.event
    async def load(self) -> None:
        """Read the first page."""
        await self._read(PAGE)

    @rx.event
    async def choose(self, container: str) -> None:
        """List the passes of another container."""
        self.container = container
        await self._read(PAGE)

    @rx.event
    async def filter_failed(self, only: bool) -> None:
        """List those that failed, or all."""
        self.failed_only = only
        await self._read(PAGE)

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        await self._read(PAGE, after=True)

    async def _follow(self, run_id: str, book: PassBook, visible: bool) -> None:
        """Take note of the run's containers as they are now; read the list again if it is looked at."""
        self._run_id, self._book = run_id, book
        self.containers = [Choice(name, _title(node)) for name, node in book.containers.items()]
        if self.container not in book.containers:
            self.container, self.rows, self.cursor = next(iter(book.containers), ""), [], ""
        self._mark(book)
        if visible:
            await self._read(max(PAGE, len(self.rows)))

    async def _read(self, limit: int, *, after: bool = False) -> None:
        book: PassBook = self.get_value("_book")
        node = book.containers.get(self.container)
        if node is None:
            return
        page = await passes.list_passes(
            self.principal,
            self._run_id,
            self.container,
            scope=node.scope,
            status="failed" if self.failed_only else None,
            limit=limit,
            cursor=self.cursor if after else None,
        )
        found = [PassRow.of(one) for one in page.items]
        self.rows = [*self.rows, *found] if after else found
        self.cursor = page.next_cursor or ""
        self._mark(book)

    def _mark(self, book: PassBook) -> None:
        """Take note of the pass that is shown, and of how one can go on from it."""
        self.current, node = book.shown.get(self.container, -1), book.containers.get(self.container)
        own = node is not None and _goes_on(node)
        self.again = f"{self.current + 1:,}" if own and self.current >= 0 else ""
        self.retry = own and node is not None and node.tally is not None and node.tally.failed > 0


def _goes_on(node: NodeRun) -> bool:
    """Return whether a run can go on from the container's passes: it made them itself, outside of others."""
    return not node.scope and node.origin is None and node.status in TERMINAL


def _title(node: NodeRun) -> str:
    where = place_in_words(node.scope)
    return f"{node.node_id} in {where}" if where else node.node_id
