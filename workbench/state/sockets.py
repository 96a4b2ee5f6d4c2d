"""Whose websocket a tab's token leads to: what a process tells a tab by itself goes to nobody else.

A tab's token is no secret that proves anything, and whoever connects with one that is free takes its place.
The guard judges what they send; what is pushed to them has to be judged before it is sent.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

import reflex as rx

from workbench.services import sessions
from workbench.services.identity import Caller


def connected(app: rx.App) -> Mapping[str, str]:
    """Return the tabs that are connected to this process: their tokens, and the ids of their websockets."""
    namespace = app.event_namespace
    return namespace.token_to_sid if namespace else {}


def is_theirs(app: rx.App, token: str, caller: Caller | None) -> bool:
    """Return whether the websocket behind a tab's token brought the session that `caller` was seen with."""
    sid, namespace = connected(app).get(token), app.event_namespace
    if sid is None or namespace is None or app.sio is None or caller is None:
        return False
    environ = app.sio.get_environ(sid, namespace.namespace) or {}
    return cookie_of(environ.get("HTTP_COOKIE", "")) == caller.credentials.cookie


def cookie_of(header: str) -> str | None:
    """Return the session's token from a `Cookie` header; None where there is none."""
    try:
        morsel = SimpleCookie(header).get(sessions.cookie_name())
    except CookieError:
        return None
    return morsel.value if morsel else None
