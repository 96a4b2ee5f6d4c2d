"""What a person was told, behind the bell in every tab; it follows what happens, with a toast.

A tab says by `load` that it is there. What is told is heard once for a process, from Redis, and goes to the
tabs of the person whom it is for.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import reflex as rx
import structlog
from reflex.event import Event, EventSpec
from reflex.istate.manager.token import BaseStateToken
from reflex.state import StateUpdate

from workbench.errors import WorkbenchError
from workbench.services.identity import Caller, authenticate
from workbench.services.notifications import news, reading
from workbench.services.notifications.reading import Notice
from workbench.state.base import AppState, calling
from workbench.state.sockets import connected, is_theirs
from workbench.state.views import iso

log = structlog.get_logger(__name__)

SHOWN = 20
AGAIN_S = 1.0
MOST_GONE = 100
"""So many tabs that have gone may still be known."""

_tabs: dict[str, Caller] = {}
"""The tabs of this process that have a bell, by their tokens."""


@dataclass(frozen=True)
class NoticeView:
    """A line behind the bell."""

    id: str
    head: str
    title: str
    text: str
    href: str
    at: str
    unread: bool

    @classmethod
    def of(cls, notice: Notice) -> "NoticeView":
        """Return the view of `notice`."""
        return cls(
            id=notice.id,
            head=notice.head,
            title=notice.title,
            text=notice.text[:300],
            href=notice.href,
            at=iso(notice.at),
            unread=notice.read_at is None,
        )


class NoticesState(AppState):
    """The latest notices and how many are unread; `shown` is that number in words, empty for none."""

    notices: list[NoticeView] = []
    unread: int = 0
    shown: str = ""

    @rx.event
    async def load(self) -> None:
        """Show what there is, and follow what comes from now on."""
        caller = calling.get()
        if caller is not None:
            _tabs[self.router.session.client_token] = caller
        await self._read()

    @rx.event
    async def read_all(self) -> None:
        """Take all for read."""
        await reading.mark_read(self.principal)
        await self._read()

    @rx.event
    async def read(self, notice_id: str) -> None:
        """Take one for read."""
        await reading.mark_read(self.principal, [notice_id])
        await self._read()

    async def _read(self) -> None:
        found = await reading.list_notices(self.principal, limit=SHOWN)
        self.notices, self.unread = [NoticeView.of(one) for one in found.items], found.unread
        self.shown = "" if not found.unread else "99+" if found.unread > 99 else str(found.unread)


async def follow_news(app: rx.App) -> None:
    """Bring what people are told to their tabs in this process, for as long as it lives."""
    while True:
        try:
            async for told in news.heard():
                _sweep(connected(app).keys())
                tabs = [(token, caller) for token, caller in _tabs.items() if caller.principal.id in told]
                await asyncio.gather(
                    *(_tell(app, token, caller, told[caller.principal.id]) for token, caller in tabs)
                )
        except Exception as error:
            log.error("notices-interrupted", exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def _tell(app: rx.App, token: str, known: Caller, title: str) -> None:
    """Show one tab what came; a tab whose person is gone, or somebody else, is shown nothing."""
    if not is_theirs(app, token, known):
        return
    try:
        caller = await authenticate(known.credentials, asleep=True)
        calling.set(caller)
        async with app.modify_state(BaseStateToken(ident=token, cls=NoticesState)) as root:
            state: Any = await root.get_state(NoticesState)
            before = {one.id for one in state.notices}
            await state._read()
            new = [one for one in state.notices if one.id not in before and one.unread]
    except WorkbenchError:
        _tabs.pop(token, None)
        return
    except Exception as error:  # the other tabs are told all the same
        log.error("notice-not-shown", token=token, exc_info=error)
        return
    if new and app.event_namespace is not None:
        update = StateUpdate(events=Event.from_event_type(_toast(new[0], len(new))))
        await app.event_namespace.emit_update(update, token)


def _toast(notice: NoticeView, count: int) -> EventSpec:
    more = f" and {count - 1} more" if count > 1 else ""
    action = {"label": "Open", "on_click": rx.redirect(notice.href)} if notice.href else None
    toast: EventSpec = rx.toast.info(f"{notice.head}: {notice.title}{more}", action=action)
    return toast


def _sweep(present: Any) -> None:
    if len(_tabs) > len(present) + MOST_GONE:
        for token in _tabs.keys() - set(present):
            _tabs.pop(token, None)
