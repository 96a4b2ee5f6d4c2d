"""The engine's SlotKeeper: at most so many nodes of a group at once, in all runs of one workspace."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from engine.contracts import Slots
from workbench.db import events, slots
from workbench.services.resources import Resources, get_resources

IN_LINE_S = 90.0
"""Who does not ask again for so long has left the line; the longest pause between two tries is 30 s."""


class PostgresSlots:
    """Implements engine.ports.SlotKeeper."""

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or get_resources()

    async def take(self, run_id: str, wanted: Slots, holder: str, *, lease_s: float) -> bool:
        """Return whether `holder` has a slot; otherwise it stands in line, and is to ask again."""
        async with self._resources.transaction() as session:
            workspace = await _workspace(session, run_id)
            return await slots.take(
                session,
                workspace,
                wanted.group,
                holder,
                limit=wanted.limit,
                lease_s=lease_s,
                in_line_s=IN_LINE_S,
            )

    async def free(self, run_id: str, given: Slots, holder: str) -> Sequence[str]:
        """Give the slot back; return those in line who may now have one."""
        async with self._resources.transaction() as session:
            workspace = await _workspace(session, run_id)
            return await slots.free(session, workspace, given.group, holder, limit=given.limit)


async def _workspace(session: AsyncSession, run_id: str) -> str:
    return await events.workspace_of(session, run_id) or ""
