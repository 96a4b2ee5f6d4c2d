"""The profile page: who one is, and where one is signed in."""

import re
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.auth.roles import Action
from workbench.errors import Invalid
from workbench.services import my_sessions, users
from workbench.services.my_sessions import MySession
from workbench.services.users import MeChange
from workbench.settings import get_settings
from workbench.state.base import AppState, calling, toast_done
from workbench.state.push import tabs
from workbench.state.views import iso

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class SessionView:
    """A session in the list; times are ISO 8601."""

    id: str
    browser: str
    address: str
    began_at: str
    seen_at: str
    impersonated: bool
    present: bool

    @classmethod
    def of(cls, session: MySession) -> "SessionView":
        """Return the view of a session."""
        return cls(
            id=session.id,
            browser=browser_of(session.browser),
            address=session.address,
            began_at=iso(session.began_at),
            seen_at=iso(session.seen_at),
            impersonated=session.impersonated,
            present=session.present,
        )


class ProfileState(AppState):
    """`alone`: nobody signs in here, so there is little to say."""

    alone: bool = False
    loaded: bool = False
    name: str = ""
    email: str = ""
    error: str = ""
    sessions: list[SessionView] = []

    @rx.event
    async def load(self) -> None:
        """Read who one is and where one is signed in."""
        tabs.forget(self.router.session.client_token)
        self.alone = get_settings().mode == "single"
        async with self._guarded():
            me = await users.get_me(self.principal)
            self.name, self.email, self.error = me.name, me.email or "", ""
            await self._list()
        self.loaded = True

    @rx.event
    async def rename(self, form: dict[str, Any]) -> EventSpec | None:
        """Change one's name."""
        try:
            me = await users.change_me(self.principal, MeChange(name=str(form.get("name", ""))))
        except Invalid as error:
            self.error = str(error)
            return None
        self.name, self.who, self.error = me.name, me.name, ""
        return toast_done("Your name is saved.")

    @rx.event
    async def end(self, session_id: str) -> EventSpec:
        """End one session."""
        await my_sessions.end_session(self.principal, session_id)
        await self._list()
        return toast_done("The session has ended.")

    @rx.event
    async def end_others(self) -> EventSpec:
        """End all sessions but this one."""
        ended = await my_sessions.end_others(self.principal, present=self._present())
        await self._list()
        return toast_done(f"{ended} other session{'s have' if ended != 1 else ' has'} ended.")

    async def _list(self) -> None:
        self.sessions = []
        if not self.alone and self.principal.may(Action.SELF_SECURE):
            found = await my_sessions.list_sessions(self.principal, present=self._present())
            self.sessions = [SessionView.of(session) for session in found]

    def _present(self) -> str | None:
        caller = calling.get()
        return caller.session.id if caller and caller.session else None


def browser_of(agent: str) -> str:
    """Return what a person calls the browser that says this of itself: `Firefox on Linux`."""
    name = next((words for mark, words in _BROWSERS if mark in agent), "")
    system = next((words for mark, words in _SYSTEMS if re.search(mark, agent)), "")
    return " on ".join(filter(None, (name or agent.partition("/")[0][:40] or "A browser", system)))
