"""The page that a link in a message leads to: on to the task, or a page that says why not."""

import reflex as rx
from reflex.event import EventSpec

from workbench.services import workspaces
from workbench.services.notifications import links
from workbench.state.base import AppState, calling


class OpenLinkState(AppState):
    """`outcome` and `message` say why a link did not lead on; `href` is where the task itself is."""

    outcome: str = ""
    message: str = ""
    href: str = ""
    elsewhere: str = ""
    elsewhere_name: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Follow the link that the address holds."""
        self.outcome = self.message = self.href = self.elsewhere = ""
        token = self.router.url.query_parameters.get("link", "")
        async with self._guarded():
            found = await links.follow(self.principal, token)
            if found.outcome == "open":
                return rx.redirect(found.href, replace=True)
            self.outcome, self.message, self.href = found.outcome, found.message, found.href
            self.elsewhere, self.elsewhere_name = found.workspace_id, found.workspace
        return None

    @rx.event
    async def switch(self) -> EventSpec | None:
        """Act in the workspace of the task from now on, and follow the link again."""
        caller = calling.get()
        if not self.elsewhere or caller is None:
            return None
        await workspaces.choose(self.principal, self.elsewhere, session=caller.session)
        again: EventSpec = rx.call_script("window.location.reload()")
        return again
