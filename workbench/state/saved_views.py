"""The lists of the inbox that somebody keeps: shown beside it, renamed, deleted."""

from collections.abc import Awaitable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.errors import Conflict, Invalid
from workbench.services import inbox_views
from workbench.state.base import AppState, toast_error
from workbench.state.inbox_views import address_of


@dataclass(frozen=True)
class ViewLink:
    """A list that is kept: where it is, and what its address says."""

    id: str
    name: str
    href: str
    address: dict[str, str]


class SavedViewsState(AppState):
    """The person's own lists, by name."""

    views: list[ViewLink] = []

    @rx.event
    async def load(self) -> None:
        """Read the lists."""
        await self._show()

    @rx.event
    async def keep(self, name: str, query: str) -> EventSpec | None:
        """Keep the list of an address under a name."""
        return await self._do(inbox_views.keep(self.principal, name=name, query=query))

    @rx.event
    async def rename(self, view_id: str, name: str) -> EventSpec | None:
        """Give a list another name."""
        return await self._do(inbox_views.change(self.principal, view_id, name=name))

    @rx.event
    async def delete(self, view_id: str) -> EventSpec | None:
        """Keep a list no longer."""
        return await self._do(inbox_views.delete(self.principal, view_id))

    async def _do(self, change: Awaitable[object]) -> EventSpec | None:
        try:
            await change
        except (Conflict, Invalid) as error:
            return toast_error(error)
        await self._show()
        return None

    async def _show(self) -> None:
        kept = await inbox_views.list_views(self.principal)
        self.views = [
            ViewLink(one.id, one.name, f"{routes.INBOX}?{one.query}", address_of(dict(parse_qsl(one.query))))
            for one in kept
        ]
