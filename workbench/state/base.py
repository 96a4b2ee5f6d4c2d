"""The state every other state inherits: who is acting, and how an error becomes something a person reads.

Two ways, and no third: a handler that loads a page wraps its service call in `async with self._guarded():`,
which turns an error into the banner below the top bar; any other handler lets the error rise, and the
application's exception handler turns it into a toast. Nothing is caught elsewhere.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from uuid import uuid4

import reflex as rx
import structlog
from reflex.event import EventSpec

from workbench.auth.principal import Principal
from workbench.errors import Forbidden, Invalid, NotFound, Unauthenticated, WorkbenchError
from workbench.services.identity import SIGN_IN, Caller
from workbench.state.sight import EVERYTHING, NOBODY, Sight
from workbench.state.views import Choice, Trouble

log = structlog.get_logger(__name__)


calling: ContextVar[Caller | None] = ContextVar("calling", default=None)
"""Who sent the event that is being handled; `guard` says so before the handler runs."""


class PublicState(rx.State):
    """Parent of the states whose events come from people who have not signed in. All others need somebody."""


class AppState(rx.State):
    """Parent of all other states. Names that start with an underscore are not reachable from the browser.

    What they say of who is acting is kept by `present.show`: `who` is their name, where people sign in;
    `workspace` and `workspace_name` are the one in which they act, of all their `workspaces`; `may` are the
    actions that the page may offer them; `impersonated` says that it is somebody else who acts as them.
    `waiting` is how many tasks of the inbox wait for them.
    `_sight` is for whom this tab's state was made.
    """

    trouble: Trouble | None = None
    who: str = ""
    workspace: str = ""
    workspace_name: str = ""
    workspaces: list[Choice] = []
    may: list[str] = EVERYTHING
    impersonated: bool = False
    waiting: int = 0
    _sight: Sight = NOBODY

    @property
    def principal(self) -> Principal:
        """Who is acting. Raises Unauthenticated, which can only be where an event passed by the guard."""
        caller = calling.get()
        if caller is None:
            raise Unauthenticated(SIGN_IN)
        return caller.principal

    @asynccontextmanager
    async def _guarded(self, *shown: rx.State) -> AsyncIterator[None]:
        """Show an error of the enclosed block in the page's banner; without one take the banner away.

        What is not there (any more), or not for this person, is no longer seen: `shown` is emptied.
        """
        try:
            yield
        except Exception as error:
            if isinstance(error, Forbidden | NotFound):
                for state in shown:
                    state.reset()  # type: ignore[no-untyped-call]
            self.trouble = describe(error)
        else:
            self.trouble = None

    @rx.event
    def dismiss_trouble(self) -> None:
        """Take the banner away."""
        self.trouble = None


def describe(error: Exception) -> Trouble:
    """Return `error` in words. One of ours speaks for itself; any other is logged under a reference."""
    if isinstance(error, Invalid):
        return Trouble(str(error), hint="\n".join(problem.message for problem in error.problems))
    if isinstance(error, NotFound):
        return Trouble(str(error), hint="It was deleted, or is not open to you.")
    if isinstance(error, WorkbenchError):
        return Trouble(str(error))
    reference = uuid4().hex[:8]
    log.error("unexpected-error", reference=reference, exc_info=error)
    return Trouble(
        "Something went wrong inside the workbench.",
        hint=f"Try again; if it stays, look for reference {reference} in web.log of the data directory.",
        reference=reference,
    )


def toast_error(exception: Exception) -> EventSpec:
    """Return the toast for an error that a handler let rise; this is the application's exception handler."""
    trouble = describe(exception)
    toast: EventSpec = rx.toast.error(trouble.message, description=trouble.hint, duration=12_000)
    return toast


def toast_done(message: str) -> EventSpec:
    """Return the toast that says that something is done."""
    toast: EventSpec = rx.toast.success(message)
    return toast
