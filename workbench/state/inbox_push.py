"""What happens to tasks, brought to the open tabs: the count in the rail of each, and the list of the inbox.

The guard notes who is in a tab and at which page; a tab that is new here is told its count at once.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import reflex as rx
import structlog
from reflex.istate.manager.token import BaseStateToken

from workbench import routes
from workbench.auth.roles import Action
from workbench.errors import Forbidden, Unauthenticated, WorkbenchError
from workbench.services import inbox, task_news
from workbench.services.identity import Caller, authenticate
from workbench.services.inbox import Held
from workbench.services.resources import get_resources
from workbench.services.task_news import Changed
from workbench.state.base import calling
from workbench.state.held import HeldState
from workbench.state.inbox import InboxState
from workbench.state.sockets import connected, is_theirs

log = structlog.get_logger(__name__)

REST_S = 0.3
"""How long a tab is left in peace after it was told something: what happens meanwhile is told together."""

AGAIN_S = 1.0
MOST_GONE = 100
"""So many tabs that have gone may still be known."""


@dataclass
class Tab:
    """Who is in a tab, at which page, and what it was told last: how many tasks wait, what can be undone."""

    caller: Caller
    path: str
    count: int = 0
    held: tuple[Held, ...] = ()
    pending: set[str] = field(default_factory=set)
    telling: asyncio.Task[None] | None = None

    @property
    def lists(self) -> bool:
        """Whether the tab shows the list of the inbox."""
        return self.path.rstrip("/") == routes.INBOX


tabs: dict[str, Tab] = {}
"""By the tabs' tokens: those of this process."""


async def note(token: str, caller: Caller | None, path: str) -> int | None:
    """Note who is in a tab, and where; return how many tasks wait for them, when the tab is new here."""
    if caller is None:
        tabs.pop(token, None)
        return None
    known = tabs.get(token)
    if known is not None and _same(known.caller, caller):
        known.caller, known.path = caller, path
        return None
    tabs[token] = Tab(caller, path)
    try:
        tabs[token].count = await _count(caller)
    except WorkbenchError as error:
        log.warning("inbox-uncounted", error=str(error))
    return tabs[token].count


def _same(before: Caller, now: Caller) -> bool:
    one, other = before.principal, now.principal
    return (one.id, one.workspace, one.groups, one.actions) == (
        other.id, other.workspace, other.groups, other.actions,
    )  # fmt: skip


async def _count(caller: Caller) -> int:
    principal = caller.principal
    return await inbox.waiting(principal) if principal.may(Action.TASKS_READ) else 0


async def _held(caller: Caller) -> tuple[Held, ...]:
    principal = caller.principal
    return await inbox.held(principal) if principal.may(Action.TASKS_READ) else ()


async def follow(app: rx.App) -> None:
    """Bring what changes to the tabs of this process, for as long as it lives."""
    while True:
        try:
            async for changed in task_news.changes(lambda: get_resources().redis):
                _sweep(connected(app))
                for token, tab in list(tabs.items()):
                    _offer(app, token, tab, changed)
        except Exception as error:
            log.error("inbox-push-interrupted", exc_info=error)
        await asyncio.sleep(AGAIN_S)


def _offer(app: rx.App, token: str, tab: Tab, changed: Changed | None) -> None:
    workspace = tab.caller.principal.workspace
    if changed is not None and not changed.keys() & {workspace, task_news.ANYWHERE}:
        return
    tab.pending |= {task_news.ANYWHERE, *(changed or {}).get(workspace, ())}
    if tab.telling is None or tab.telling.done():
        tab.telling = asyncio.create_task(_tell(app, token, tab))


async def _tell(app: rx.App, token: str, tab: Tab) -> None:
    while tab.pending:
        if not is_theirs(app, token, tab.caller):
            return
        tab.pending = set()
        try:
            await _bring(app, token, tab)
        except (Unauthenticated, Forbidden):
            return  # whatever the person does next in this tab tells them why
        except Exception as error:
            log.error("inbox-push-failed", exc_info=error)
        await asyncio.sleep(REST_S)


async def _bring(app: rx.App, token: str, tab: Tab) -> None:
    """Count again, say what can be undone, and let the list follow where one is shown."""
    caller = await authenticate(tab.caller.credentials, asleep=True)
    calling.set(caller)
    count, held = await _count(caller), await _held(caller)
    if (count, held) == (tab.count, tab.held) and not tab.lists:
        return
    async with app.modify_state(BaseStateToken(ident=token, cls=InboxState)) as root:
        inbox_state = await root.get_state(InboxState)
        inbox_state.waiting = count
        if held != tab.held:
            (await root.get_state(HeldState))._show(held)
        if tab.lists:
            await inbox_state._follow()
    tab.count, tab.held = count, held


def _sweep(there: Mapping[str, str]) -> None:
    if len(tabs) > len(there) + MOST_GONE:
        for token in tabs.keys() - set(there):
            tabs.pop(token, None)
