"""The page of groups: which there are, and for administrators who is in them."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import groups, users
from workbench.state.base import AppState, toast_done
from workbench.state.member_views import CandidateRow, GroupPerson, GroupRow, as_many, pick
from workbench.state.push import tabs

PAGE = 100
FEW = 8


class GroupsState(AppState):
    """`opened` is the group whose people are shown; `doomed` asks before it is deleted."""

    rows: list[GroupRow] = []
    cursor: str = ""
    loaded: bool = False
    opened: GroupRow | None = None
    people: list[GroupPerson] = []
    found: list[CandidateRow] = []
    doomed: bool = False
    error: str = ""
    filled: int = 0

    @rx.event
    async def load(self) -> None:
        """List the groups."""
        tabs.forget(self.router.session.client_token)
        self.opened, self.doomed = None, False
        async with self._guarded():
            await self._reload()
        self.loaded = True

    @rx.event
    async def refresh(self) -> EventSpec | None:
        """List as many as before once more, and who is in the group that is shown."""
        await self._reload(len(self.rows))
        if self.opened is None:
            return None
        try:
            await self._read_people()
        except NotFound:
            gone, self.opened, self.doomed = self.opened.name, None, False
            said: EventSpec = rx.toast.info(f"The group {gone} was deleted meanwhile.")
            return said
        return None

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await groups.list_groups(self.principal, limit=PAGE, cursor=self.cursor)
        self.rows = [*self.rows, *(GroupRow.of(group) for group in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    async def make(self, form: dict[str, Any]) -> EventSpec | None:
        """Make a group."""
        try:
            group = await groups.make_group(self.principal, name=str(form.get("name", "")))
        except (Invalid, Conflict) as error:
            self.error = str(error)
            return None
        self.error, self.filled = "", self.filled + 1
        await self._reload()
        return toast_done(f"The group {group.name} is made. Open it to put people into it.")

    @rx.event
    async def open(self, group_id: str) -> None:
        """Show who is in a group."""
        self.opened = pick(self.rows, group_id)
        await self._fill()

    @rx.event
    def close(self) -> None:
        """Close the dialog."""
        self.opened, self.doomed = None, False

    @rx.event
    async def rename(self, form: dict[str, Any]) -> EventSpec | None:
        """Give the group that is shown another name."""
        if self.opened is None:
            return None
        await groups.rename_group(self.principal, self.opened.id, name=str(form.get("name", "")))
        await self._reload()
        return toast_done("The group is renamed.")

    @rx.event
    async def look(self, text: str) -> None:
        """Offer people whose name or address has `text` in it."""
        await self._look(text)

    @rx.event
    async def put(self, user_id: str) -> None:
        """Put a person into the group."""
        if self.opened is not None:
            await groups.put_person(self.principal, self.opened.id, user_id)
            await self._fill()
            await self._reload()

    @rx.event
    async def take(self, user_id: str) -> None:
        """Take a person out of the group."""
        if self.opened is not None:
            await groups.take_person(self.principal, self.opened.id, user_id)
            await self._fill()
            await self._reload()

    @rx.event
    def ask_delete(self) -> None:
        """Ask before deleting."""
        self.doomed = True

    @rx.event
    def keep(self) -> None:
        """Do not delete."""
        self.doomed = False

    @rx.event
    async def delete(self) -> EventSpec | None:
        """Delete the group that is shown."""
        if self.opened is None:
            return None
        name = self.opened.name
        await groups.delete_group(self.principal, self.opened.id)
        self.opened, self.doomed = None, False
        await self._reload()
        return toast_done(f"The group {name} is deleted.")

    async def _fill(self) -> None:
        await self._read_people()
        await self._look("")

    async def _look(self, text: str) -> None:
        inside = {person.id for person in self.people}
        page = await users.list_users(self.principal, limit=FEW + len(inside), search=text)
        self.found = [CandidateRow.of(user) for user in page.items if user.id not in inside][:FEW]

    async def _read_people(self) -> None:
        if self.opened is not None:
            page = await groups.list_people(self.principal, self.opened.id, limit=200)
            self.people = [GroupPerson.of(person) for person in page.items]

    async def _reload(self, count: int = PAGE) -> None:
        found, self.cursor = await as_many(
            lambda cursor: groups.list_groups(self.principal, limit=PAGE, cursor=cursor), count
        )
        self.rows = [GroupRow.of(group) for group in found]
