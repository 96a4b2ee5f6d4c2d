"""Live events to the tabs that watch: one subscription a web process, one push a tab.

A page's load handler says `tabs.watch(token, State, run_id)` before it reads what it shows, so that nothing
falls between; from then on the state's `_on_events` gets what happens. Events that arrive while a tab is
still busy with the last ones are merged, the newest of each node or run winning, so that a burst never
queues up. A tab that has gone is forgotten; one that comes back loads its page again and so watches anew.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import reflex as rx
import structlog
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState

from workbench.services import live
from workbench.services.shapes import RunEvent

log = structlog.get_logger(__name__)

LIST_PAUSE_S = 0.2
"""How long a list rests after it was told something: a list is sent whole, so a burst is sent in one."""

MOST_GONE = 100
"""So many tabs that have gone may still be known: of these, nothing may ever happen that is told to them."""

AGAIN_S = 1.0
"""How long after an interruption the events are watched again."""


class Watching(Protocol):
    """A state that can be told what happened. It runs under the tab's state lock, as a handler does."""

    async def _on_events(self, events: Sequence[RunEvent]) -> None: ...


@dataclass
class Tab:
    """What one tab watches, and what it has not been told yet."""

    state: type[rx.State]
    run_id: str | None
    pending: dict[tuple[str, str], RunEvent] = field(default_factory=dict)
    telling: asyncio.Task[None] | None = None

    def wants(self, event: RunEvent) -> bool:
        """Return whether `event` is about what this tab watches."""
        return self.run_id is None or self.run_id == event.run_id


class Tabs:
    """The tabs of this process by client token: a tab shows one page, so it watches one thing at a time."""

    def __init__(self) -> None:
        self._by_token: dict[str, Tab] = {}

    def watch(self, token: str, state: type[rx.State], *, run_id: str | None = None) -> None:
        """From now on tell the tab `token` about `run_id`, or about every run when there is none."""
        self._by_token[token] = Tab(state, run_id)

    def forget(self, token: str) -> None:
        """Tell the tab `token` nothing any more."""
        self._by_token.pop(token, None)

    def sweep(self, connected: Collection[str]) -> None:
        """Forget the tabs that are not among the connected ones, once there are too many of them."""
        if len(self._by_token) > len(connected) + MOST_GONE:
            self._by_token = {token: tab for token, tab in self._by_token.items() if token in connected}

    def offer(self, event: RunEvent, tell: Callable[[str, Tab], asyncio.Task[None]]) -> None:
        """Put `event` before every tab that wants it; `tell` starts telling a tab that is idle."""
        for token, tab in list(self._by_token.items()):
            if tab.wants(event):
                tab.pending[(event.run_id, event.node.node_id if event.node else "")] = event
                if tab.telling is None or tab.telling.done():
                    tab.telling = tell(token, tab)


tabs = Tabs()


async def push(app: rx.App) -> None:
    """Tell the tabs about every run event, for as long as the process lives, whatever happens on the way."""
    while True:
        try:
            async for event in live.watch_all():
                tabs.sweep(_connected(app))
                tabs.offer(event, lambda token, tab: asyncio.create_task(_tell(app, token, tab)))
        except Exception as error:
            log.error("push-interrupted", exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def _tell(app: rx.App, token: str, tab: Tab) -> None:
    """Tell one tab all that is pending; forget it when its connection is gone."""
    while tab.pending:
        if token not in _connected(app):
            tabs.forget(token)
            return
        events, tab.pending = list(tab.pending.values()), {}
        try:
            async with _modify(app, token, tab.state) as root:
                state: Any = await root.get_state(tab.state)
                await state._on_events(events)
        except Exception as error:
            log.error("push-failed", token=token, state=tab.state.__name__, exc_info=error)
        if tab.run_id is None:
            await asyncio.sleep(LIST_PAUSE_S)


def _connected(app: rx.App) -> Mapping[str, str]:
    namespace = app.event_namespace
    return namespace.token_to_sid if namespace else {}


def _modify(app: rx.App, token: str, state: type[rx.State]) -> AbstractAsyncContextManager[BaseState]:
    return app.modify_state(BaseStateToken(ident=token, cls=state))
