"""API keys on the profile page. A key itself never comes here: it is made over HTTP, by the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx
from reflex.event import EventSpec

from workbench.auth import keys
from workbench.auth.roles import MEANINGS, Action
from workbench.services import api_keys
from workbench.services.api_keys import ApiKey
from workbench.state.base import AppState, toast_done
from workbench.state.views import Choice, iso

MOST = 200


@dataclass(frozen=True)
class KeyView:
    """A key in the list; `used_at` is ISO 8601, `ends` words."""

    id: str
    name: str
    shown: str
    allows: str
    used_at: str
    ends: str
    ended: bool

    @classmethod
    def of(cls, key: ApiKey, workspaces: Mapping[str, str]) -> "KeyView":
        """Return the view of a key; `workspaces` are the names of those that its person has."""
        ended = key.expires_at is not None and key.expires_at <= datetime.now(UTC)
        day = f"{'ended' if ended else 'ends'} {key.expires_at:%Y-%m-%d}" if key.expires_at else "never ends"
        where = ", ".join(workspaces.get(one, "a workspace of before") for one in key.workspaces)
        return cls(
            id=key.id,
            name=key.name,
            shown=key.shown,
            allows=f"{', '.join(key.actions)} in {where}",
            used_at=iso(key.last_used_at),
            ends=day,
            ended=ended,
        )


class ApiKeysState(AppState):
    """`for_me` and `for_programs` are what a key may be given; `doomed` is the one that is asked about."""

    mine: list[KeyView] = []
    programs: list[KeyView] = []
    for_me: list[Choice] = []
    for_programs: list[Choice] = []
    doomed: str = ""
    doomed_name: str = ""

    @rx.event
    async def load(self) -> None:
        """List the keys that one may see, and what another may be given."""
        principal = self.principal
        async with self._guarded():
            await self._list()
        self.for_me = _choices(principal.actions & keys.PERSONAL)
        self.for_programs = _choices(principal.actions & keys.SERVICE)

    @rx.event
    def ask_revoke(self, key_id: str, name: str) -> None:
        """Ask before revoking."""
        self.doomed, self.doomed_name = key_id, name

    @rx.event
    def keep(self) -> None:
        """Do not revoke."""
        self.doomed = ""

    @rx.event
    async def revoke(self) -> EventSpec:
        """Revoke the key that was asked about."""
        key_id, self.doomed = self.doomed, ""
        await api_keys.revoke_key(self.principal, key_id)
        await self._list()
        return toast_done(f"{self.doomed_name} is revoked.")

    async def _list(self) -> None:
        principal, there = self.principal, self.principal.workspaces
        self.mine, self.programs = [], []
        if principal.may(Action.SELF_SECURE):
            found = await api_keys.list_keys(principal, limit=MOST)
            self.mine = [KeyView.of(key, there) for key in found.items]
        if principal.may(Action.SERVICE_KEYS_WRITE):
            found = await api_keys.list_service_keys(principal, limit=MOST)
            self.programs = [KeyView.of(key, there) for key in found.items]


def _choices(actions: frozenset[Action]) -> list[Choice]:
    return [Choice(action, MEANINGS[action]) for action in Action if action in actions]
