"""Fields of the inspector whose value is a list, edited one by one: people and groups, some of a few."""

import json

import reflex as rx
from reflex.event import EventSpec

from engine import nodes
from workbench.services import members
from workbench.services.members import Member
from workbench.state.base import AppState
from workbench.state.editor import EditorState
from workbench.state.editor_forms import NodeFormState
from workbench.state.node_form import config_fields
from workbench.state.views import Choice

MOST = 100
"""People and groups that are offered without a search."""


class ListFieldState(AppState):
    """`known` are people and groups of the workspace, as a step may name them."""

    known: list[Choice] = []

    @rx.event
    async def look(self, part: str) -> None:
        """Offer those whose name or address has this in it: there may be more than are offered at first."""
        page = await members.list_members(self.principal, limit=MOST, search=part.strip())
        self.known = [_choice(one) for one in page.items if one.disabled_at is None]

    @rx.event
    async def toggle(self, node: str, path: str, item: str, on: bool) -> EventSpec | None:
        """Put one of the options on the list, or take it off."""
        listed = [one for one in await self._listed(node, path) if one != item]
        form = await self.get_state(NodeFormState)
        return await form._set(node, path, json.dumps([*listed, item] if on else listed))

    async def _listed(self, node: str, path: str) -> list[str]:
        """Return what the field lists now: what is stored, or else its default."""
        document = (await self.get_state(EditorState)).document
        found = next((one for one in document.nodes if one.id == node), None)
        fields = config_fields(found, nodes.get(found.type), ()) if found else []
        return next((one.listed for one in fields if one.path == path), [])


def _choice(one: Member) -> Choice:
    return Choice(one.email or one.name, one.name if one.email else f"{one.name} (group)")
