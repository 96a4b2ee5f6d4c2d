"""Which event handlers take files, and whose a tab is to which one is sent; for `api.uploads`."""

from collections.abc import Awaitable, Callable

import reflex as rx
from reflex.istate.manager.token import BaseStateToken
from reflex_base.event import resolve_upload_handler_param
from reflex_base.registry import RegistrationContext
from reflex_base.utils.exceptions import UploadTypeError, UploadValueError

from workbench.state.base import AppState
from workbench.state.sockets import cookie_of


def takes_files(handler: str) -> bool:
    """Return whether there is an event handler of this name that takes files."""
    known = RegistrationContext.get().event_handlers.get(handler)
    if known is None:
        return False
    try:
        resolve_upload_handler_param(known.handler)
    except (UploadTypeError, UploadValueError):
        return False
    return True


def cookie_behind(app: rx.App) -> Callable[[str], Awaitable[str | None]]:
    """Return what tells with which session a tab's websocket was opened, whichever process has it."""

    async def cookie(token: str) -> str | None:
        root = await app.state_manager.get_state(BaseStateToken(ident=token, cls=AppState))
        return cookie_of(root._get_root_state().router.headers.cookie or "")

    return cookie
