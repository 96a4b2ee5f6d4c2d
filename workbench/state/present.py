"""Open tabs follow what their people may do: at once, whichever process changes it.

The guard notes for each tab who was seen in it. When anybody's access changes, or a session changes or ends,
it is asked again who they are. A tab whose person is gone goes to the sign-in page; one whose person may do
other things than before, or acts in another workspace, loads its page again. All others are told by `NEWS`
that a list of people may be another than before, which only the pages listen to that show one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx
import structlog
from reflex.event import Event, EventSpec
from reflex.istate.manager.token import BaseStateToken
from reflex.state import OnLoadInternalState, StateUpdate

from workbench.errors import Unauthenticated
from workbench.services import access_news, identity
from workbench.services.access import reach_of
from workbench.services.access_news import LISTED, NARROWED
from workbench.services.identity import Caller
from workbench.services.sessions import CHANGED
from workbench.state.base import AppState, calling
from workbench.state.sight import NOBODY, Sight, sight_of
from workbench.state.sockets import connected, is_theirs

log = structlog.get_logger(__name__)

AGAIN_S = 1.0
"""How long after an interruption the changes are watched again."""

MOST_GONE = 100
"""So many tabs that have gone may still be known."""

NEWS = "window.dispatchEvent(new Event('wb-people'))"
"""What is run in a tab when a list of people has changed (`components.onlooker`)."""


@dataclass(frozen=True)
class Present:
    """Who was seen in a tab last."""

    caller: Caller
    sight: Sight


present: dict[str, Present] = {}
"""By the tabs' tokens: those of this process."""


def meet(token: str, caller: Caller | None, sight: Sight, *, anew: bool) -> None:
    """Note who sends an event from a tab.

    Unless it loads `anew`, its page shows what was seen before: that stays noted, for `follow` to compare.
    """
    known = present.get(token)
    if not anew and known and caller and known.caller.credentials.cookie == caller.credentials.cookie:
        sight = known.sight
    note(token, caller, sight)


def note(token: str, caller: Caller | None, sight: Sight) -> None:
    """Note who is in a tab now."""
    if caller is None:
        present.pop(token, None)
    elif caller.session is not None:
        present[token] = Present(caller, sight)


def show(root: Any, mine: Any, sight: Sight) -> bool:
    """Let a tab's state show who is acting; return whether that changed.

    It is emptied first when it is another's, or when it may show what they may no longer read.
    """
    if mine._sight == sight:
        return False
    if mine._sight.whose not in ("", sight.whose) or _reads(mine._sight) - _reads(sight):
        root.reset()
    mine._sight = sight
    mine.who, mine.workspace, mine.workspaces = sight.who, sight.workspace, list(sight.workspaces)
    mine.workspace_name = next((one.label for one in sight.workspaces if one.value == sight.workspace), "")
    mine.may, mine.impersonated = list(sight.may), sight.impersonated
    return True


def _reads(sight: Sight) -> set[str]:
    return {action for action in sight.may if action.endswith(":read")}


async def follow(app: rx.App) -> None:
    """Bring what changes to the tabs of this process, for as long as it lives."""
    while True:
        try:
            async for said in access_news.changes():
                _sweep(connected(app))
                await asyncio.gather(*(_ask_again(app, token, said) for token in list(present)))
        except Exception as error:
            log.error("access-watch-interrupted", exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def _ask_again(app: rx.App, token: str, said: str) -> None:
    known = present.get(token)
    if known is None or not is_theirs(app, token, known.caller):
        return
    if said.startswith(NARROWED):
        if _concerns(said, known.caller):
            await _emit(app, token, OnLoadInternalState.on_load_internal)
        return
    session = known.caller.session.id if known.caller.session else ""
    try:
        changed = said in ("", CHANGED, session) and await _compare(app, token, known)
        if not changed and said in (CHANGED, LISTED):
            await _emit(app, token, rx.call_script(NEWS))
    except Exception as error:  # the other tabs are told all the same
        log.error("tab-not-told", token=token, exc_info=error)


async def _compare(app: rx.App, token: str, known: Present) -> bool:
    """Ask who is in a tab now; tell it when they are gone, elsewhere, or may do other things: then True."""
    try:
        caller: Caller | None = await identity.authenticate(known.caller.credentials, asleep=True)
    except Unauthenticated:
        caller = None
    sight = sight_of(caller)
    if sight == known.sight:
        return False
    note(token, caller, sight)
    calling.set(caller)
    async with app.modify_state(BaseStateToken(ident=token, cls=AppState)) as root:
        show(root, await root.get_state(AppState), sight)
    if sight == NOBODY:
        await _emit(app, token, rx.call_script("window.location.reload()"))  # `api.page_gate` leads on
    else:
        await _emit(app, token, OnLoadInternalState.on_load_internal)
    return True


def _concerns(said: str, caller: Caller) -> bool:
    """Return whether somebody may see other workflows now that one was narrowed or opened."""
    workspace, _, _ = said.removeprefix(NARROWED).partition(":")
    reach = reach_of(caller.principal)
    return reach.workspace == workspace and reach.subjects is not None


def _sweep(connected: Mapping[str, str]) -> None:
    if len(present) > len(connected) + MOST_GONE:
        for token in present.keys() - set(connected):
            present.pop(token, None)


async def _emit(app: rx.App, token: str, event: EventSpec | rx.EventHandler) -> None:
    update = StateUpdate(events=Event.from_event_type(event))
    if app.event_namespace is not None:
        await app.event_namespace.emit_update(update, token)
