"""Live events to the tabs that watch: one subscription a web process, one push a tab.

A page's load handler says `tabs.watch(token, State, run_id)` before it reads what it shows, so that nothing
falls between; from then on the state's `_on_events` gets what happens. Events that arrive while a tab is
still busy with the last ones are merged, the newest of each node or run winning, so that a burst never
queues up. What happens inside of passes is told only to the tabs that look into those: `tabs.look`. A tab
that has gone is forgotten; one that comes back loads its page again and so watches anew.
"""

import asyncio
import math
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

import reflex as rx
import structlog
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState

from workbench.auth.principal import Principal
from workbench.errors import Forbidden, NotFound, Unauthenticated
from workbench.services import live, runs
from workbench.services.identity import SIGN_IN, Caller, authenticate
from workbench.services.shapes import RunEvent
from workbench.state.base import calling
from workbench.state.sockets import connected, is_theirs

log = structlog.get_logger(__name__)

LIST_PAUSE_S = 0.2
"""How long a list rests after it was told something: a list is sent whole, so a burst is sent in one."""

MOST_GONE = 100
"""So many tabs that have gone may still be known: of these, nothing may ever happen that is told to them."""

AGAIN_S = 1.0
"""How long after an interruption the events are watched again."""


ASK_S = 5.0
"""How often it is asked whether a tab's person may still see the run that it watches."""

GONE_S = 30.0
"""How often it is asked whether a tab that looks into passes is still there."""


class Watching(Protocol):
    """A state that can be told what happened. It runs under the tab's state lock, as a handler does.

    It returns how many seconds it wants to be left in peace: what happens meanwhile is told together.
    """

    async def _on_events(self, events: Sequence[RunEvent]) -> float: ...


@dataclass
class Tab:
    """What one tab watches, what it has not been told yet, and into which passes of its run it looks."""

    state: type[rx.State]
    run_id: str | None
    caller: Caller | None
    asked_at: float = -math.inf
    pending: dict[tuple[str, str], RunEvent] = field(default_factory=dict)
    telling: asyncio.Task[None] | None = None
    looking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def wants(self, event: RunEvent) -> bool:
        """Return whether `event` is about what this tab watches."""
        return self.run_id is None or self.run_id == event.run_id


Tell = Callable[[str, Tab], asyncio.Task[None]]


class Tabs:
    """The tabs of this process by client token: a tab shows one page, so it watches one thing at a time.

    `tell` starts telling a tab what is pending; `connected` gives the tokens of the tabs that are there.
    """

    def __init__(
        self, tell: Tell | None = None, connected: Callable[[], Collection[str]] | None = None
    ) -> None:
        self.tell = tell
        self.connected = connected
        self._by_token: dict[str, Tab] = {}

    def watch(self, token: str, state: type[rx.State], *, run_id: str | None = None) -> None:
        """From now on tell the tab `token` about `run_id`, or about every run when there is none."""
        self.forget(token)
        self._by_token[token] = Tab(state, run_id, calling.get())

    def look(self, token: str, principal: Principal, scopes: Collection[str]) -> None:
        """Tell the tab what happens in the passes `scopes` of its run too, and in no others any more."""
        tab = self._by_token.get(token)
        if tab is None or tab.run_id is None:
            return
        for scope in tab.looking.keys() - set(scopes):
            tab.looking.pop(scope).cancel()
        for scope in set(scopes) - tab.looking.keys():
            tab.looking[scope] = asyncio.create_task(self._look(token, tab, principal, tab.run_id, scope))

    def forget(self, token: str) -> None:
        """Tell the tab `token` nothing any more."""
        tab = self._by_token.pop(token, None)
        for task in tab.looking.values() if tab else ():
            task.cancel()

    def sweep(self, connected: Collection[str]) -> None:
        """Forget the tabs that are not among the connected ones, once there are too many of them."""
        if len(self._by_token) > len(connected) + MOST_GONE:
            for token in self._by_token.keys() - set(connected):
                self.forget(token)

    def offer(self, event: RunEvent) -> None:
        """Put `event` before every tab that wants it, and start telling those that are idle."""
        for token, tab in list(self._by_token.items()):
            if tab.wants(event):
                self._put(token, tab, event)

    def _put(self, token: str, tab: Tab, event: RunEvent) -> None:
        tab.pending[(event.run_id, event.node.place if event.node else "")] = event
        if self.tell and (tab.telling is None or tab.telling.done()):
            tab.telling = self.tell(token, tab)

    async def _look(self, token: str, tab: Tab, principal: Principal, run_id: str, scope: str) -> None:
        """Put what happens in one pass before a tab, as long as the tab is there and the run goes on."""
        reading = asyncio.create_task(self._read(token, tab, principal, run_id, scope))
        try:
            while not (await asyncio.wait({reading}, timeout=GONE_S))[0]:
                if self.connected and token not in self.connected():
                    return
        finally:
            reading.cancel()

    async def _read(self, token: str, tab: Tab, principal: Principal, run_id: str, scope: str) -> None:
        try:
            async for event in live.watch_run(principal, run_id, scope=scope):
                if event.node is not None:  # the run's own state comes with all others
                    self._put(token, tab, event)
        except Exception as error:
            log.error("pass-watch-failed", run_id=run_id, scope=scope, exc_info=error)


tabs = Tabs()


async def push(app: rx.App) -> None:
    """Tell the tabs about every run event, for as long as the process lives, whatever happens on the way."""
    tabs.tell = lambda token, tab: asyncio.create_task(_tell(app, token, tab))
    tabs.connected = lambda: connected(app)
    while True:
        try:
            async for event in live.watch_all():
                tabs.sweep(connected(app))
                tabs.offer(event)
        except Exception as error:
            log.error("push-interrupted", exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def _tell(app: rx.App, token: str, tab: Tab) -> None:
    """Tell one tab all that is pending; forget it when its connection is gone."""
    while tab.pending:
        if not is_theirs(app, token, tab.caller):  # it is gone, or somebody else took its place
            tabs.forget(token)
            return
        events, tab.pending = list(tab.pending.values()), {}
        rest = 0.0
        try:
            await _let_in(tab)
            async with _modify(app, token, tab.state) as root:
                state: Any = await root.get_state(tab.state)
                rest = await state._on_events(events)
        except (Unauthenticated, Forbidden, NotFound):
            tabs.forget(token)  # whatever the person does next in this tab tells them why
            return
        except Exception as error:
            log.error("push-failed", token=token, state=tab.state.__name__, exc_info=error)
        await asyncio.sleep(rest)


async def _let_in(tab: Tab) -> None:
    """Let what follows act for whom the tab belongs to, as far as they may still see what it watches.

    Raises Unauthenticated, Forbidden or NotFound when they may not.
    """
    if tab.caller is None:
        raise Unauthenticated(SIGN_IN)
    caller = await authenticate(tab.caller.credentials, asleep=True)
    calling.set(caller)
    if tab.run_id is not None and monotonic() - tab.asked_at >= ASK_S:
        await runs.has_ended(caller.principal, tab.run_id)
        tab.asked_at = monotonic()


def _modify(app: rx.App, token: str, state: type[rx.State]) -> AbstractAsyncContextManager[BaseState]:
    return app.modify_state(BaseStateToken(ident=token, cls=state))
