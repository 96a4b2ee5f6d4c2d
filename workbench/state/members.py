"""The page of members: who belongs to the workspace, and the dialog that gives and takes roles."""

import reflex as rx
from reflex.event import EventSpec

from workbench.auth.roles import Role
from workbench.services import members, users
from workbench.services.users import UserChange
from workbench.state.base import AppState, toast_done
from workbench.state.member_views import CandidateRow, MemberRow, as_many, pick
from workbench.state.push import tabs

PAGE = 100


class MembersState(AppState):
    """`chosen` is whose roles the dialog shows, `wanted` what they shall have; `adding` asks for whom."""

    rows: list[MemberRow] = []
    cursor: str = ""
    search: str = ""
    loaded: bool = False
    adding: bool = False
    found: list[CandidateRow] = []
    chosen: MemberRow | None = None
    wanted: list[str] = []
    error: str = ""

    @rx.event
    async def load(self) -> None:
        """List the members."""
        tabs.forget(self.router.session.client_token)
        self._close()
        async with self._guarded():
            await self._reload()
        self.loaded = True

    @rx.event
    async def refresh(self) -> None:
        """List as many as before once more: somebody has changed them."""
        await self._reload(len(self.rows))

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await members.list_members(self.principal, limit=PAGE, cursor=self.cursor, search=self.search)
        self.rows = [*self.rows, *(MemberRow.of(member) for member in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    async def find(self, text: str) -> None:
        """List the members whose name or address has `text` in it."""
        self.search = text
        await self._reload()

    @rx.event
    async def add(self) -> None:
        """Ask whom to add."""
        self.adding, self.error = True, ""
        await self._look("")

    @rx.event
    async def look(self, text: str) -> None:
        """Offer the people and groups whose name or address has `text` in it."""
        await self._look(text)

    @rx.event
    def choose(self, subject_id: str) -> None:
        """Ask for the roles of somebody who was offered."""
        known = {row.id: row for row in self.rows}
        chosen = pick(self.found, subject_id)
        self._edit(known.get(subject_id) or MemberRow.new(chosen))

    @rx.event
    def edit(self, subject_id: str) -> None:
        """Ask for the roles of a member."""
        self._edit(pick(self.rows, subject_id))

    @rx.event
    def toggle(self, role: str, on: bool) -> None:
        """Want a role, or not any more."""
        self.wanted = [*self.wanted, role] if on else [one for one in self.wanted if one != role]

    @rx.event
    async def save(self) -> EventSpec | None:
        """Give exactly the roles that are wanted."""
        if self.chosen is None:
            return None
        wanted = frozenset(Role(role) for role in self.wanted)
        member = await members.set_roles(self.principal, self.chosen.id, wanted)
        self._close()
        await self._reload()
        return toast_done(f"{member.name} has {_words(wanted)}.")

    @rx.event
    async def change_account(self, disabled: bool, administrator: bool) -> EventSpec | None:
        """Disable or enable the chosen person's account; make them an administrator, or not any more."""
        if self.chosen is None:
            return None
        change = UserChange(disabled=disabled, administrator=administrator)
        user = await users.change_user(self.principal, self.chosen.id, change)
        self._close()
        await self._reload()
        state = "disabled, and signed out everywhere" if user.disabled_at else "enabled"
        return toast_done(f"{user.name} is {'an administrator' if user.administrator else state}.")

    @rx.event
    def close(self) -> None:
        """Close the dialog."""
        self._close()

    @rx.event
    def say(self, refused: str) -> EventSpec | None:
        """Say why something did not happen, where it did not."""
        said: EventSpec = rx.toast.error(refused[:500])
        return said if refused else None

    def _edit(self, row: MemberRow) -> None:
        self.chosen, self.wanted, self.adding = row, list(row.by_name), False

    def _close(self) -> None:
        self.chosen, self.adding = None, False

    async def _look(self, text: str) -> None:
        found = await members.find_candidates(self.principal, search=text)
        self.found = [CandidateRow.of(candidate) for candidate in found]

    async def _reload(self, count: int = PAGE) -> None:
        found, self.cursor = await as_many(
            lambda cursor: members.list_members(
                self.principal, limit=PAGE, cursor=cursor, search=self.search
            ),
            count,
        )
        self.rows = [MemberRow.of(member) for member in found]


def _words(roles: frozenset[Role]) -> str:
    if not roles:
        return "no role of their own here any more"
    named = [role.value for role in Role if role in roles]
    return f"the {'role' if len(named) == 1 else 'roles'} {', '.join(named)}"
