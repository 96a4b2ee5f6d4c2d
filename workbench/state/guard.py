"""Before every event: who sends it. Without an answer no handler runs, whoever wrote it.

Event handlers are public endpoints: anybody can send any event over the websocket. So it is not left to a
handler to ask. This middleware sees each event first; only what Reflex itself needs, and the states of
`PublicState` (signing in), pass without a principal. A tab's state belongs to one person: when another signs
in where it was kept, or the person signs out, it is emptied before anything of it is shown.
"""

import json
from typing import Any

import reflex as rx
from reflex.event import Event, EventSpec
from reflex.state import BaseState, State, StateUpdate

from workbench import routes
from workbench.errors import Unauthenticated
from workbench.services import identity
from workbench.services.identity import Caller, Credentials
from workbench.state import inbox_push
from workbench.state.base import AppState, PublicState, calling
from workbench.state.present import meet, show
from workbench.state.sight import sight_of
from workbench.state.sockets import cookie_of

HYDRATE = ".hydrate"
"""How the event ends that a page sends first when it is loaded."""


class PrincipalGuard(rx.Middleware):
    """Finds out who sends an event, and stops it where nobody does."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Note who is calling for the handler that follows; send the others to the sign-in page."""
        try:
            caller = await identity.authenticate(credentials_of(state))
        except Unauthenticated:
            caller = None
        calling.set(caller)
        await _show(state, caller, anew=event.name.endswith(HYDRATE))
        if caller is None and not is_public(event.name):
            return StateUpdate(events=Event.from_event_type(_to_sign_in(state)))
        return None


def is_public(event_name: str) -> bool:
    """Return whether an event passes without a principal: Reflex's own, and those of public states."""
    cls = _state_of(event_name)
    return cls is not None and (cls.__module__.startswith("reflex.") or issubclass(cls, PublicState))


def credentials_of(state: BaseState) -> Credentials:
    """Return what the tab's websocket brought when it was opened."""
    router = state._get_root_state().router
    return Credentials(cookie=cookie_of(router.headers.cookie or ""), address=router.session.client_ip)


def _to_sign_in(state: BaseState) -> EventSpec:
    """Return what leads a tab to the sign-in page, and back to where it is.

    It is loaded anew, since the websocket that is open carries the cookie of before. A browser that has
    signed in again meanwhile, in another tab, comes straight back (`api.page_gate`).
    """
    url = state._get_root_state().router.url
    here = f"{url.path}?{url.query}" if url.query else url.path
    leave: EventSpec = rx.call_script(f"window.location.assign({json.dumps(routes.sign_in(here))})")
    return leave


async def _show(state: BaseState, caller: Caller | None, *, anew: bool) -> None:
    """Let the tab show who is calling; what another person saw in it is emptied first."""
    root: Any = state._get_root_state()
    sight = sight_of(caller)
    token, mine = root.router.session.client_token, await root.get_state(AppState)
    meet(token, caller, sight, anew=anew)
    show(root, mine, sight)
    count = await inbox_push.note(token, caller, root.router.url.path)
    if count is not None:
        mine.waiting = count


def _state_of(event_name: str) -> type[BaseState] | None:
    """Return the state whose handler an event names; None when there is none."""
    try:
        return State.get_class_substate(event_name.rpartition(".")[0])
    except ValueError:
        return None
