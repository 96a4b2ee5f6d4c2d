"""What somebody has decided and can undo yet: shown beside the list, with the seconds that are left."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from workbench.errors import WorkbenchError
from workbench.services import inbox, task_decisions
from workbench.services.inbox import Held
from workbench.state.base import AppState, toast_error
from workbench.state.task_story import DID
from workbench.state.views import iso


@dataclass(frozen=True)
class HeldView:
    """Decisions that were made together: in words, of which tasks, and until when they can be undone."""

    key: str
    words: str
    ids: list[str]
    until: str

    @classmethod
    def of(cls, group: Sequence[Held]) -> "HeldView":
        """Return the view of decisions of one kind."""
        first, did = group[0], DID.get(group[0].action, group[0].action)
        what = f"“{first.title}”" if len(group) == 1 else f"{len(group)} tasks"
        until = min(one.until for one in group)
        return cls(
            f"{first.task_id} {iso(until)}", f"{what}: you {did}", [o.task_id for o in group], iso(until)
        )


class HeldState(AppState):
    """`held` are the decisions that can be undone, the latest last."""

    held: list[HeldView] = []

    @rx.event
    async def refresh(self) -> None:
        """Show what can be undone."""
        self._show(await inbox.held(self.principal))

    @rx.event
    async def undo(self, ids: list[str]) -> EventSpec | None:
        """Take these decisions back; what was told meanwhile stays, and that is said."""
        refused: WorkbenchError | None = None
        for id_ in ids[: task_decisions.MOST_AT_ONCE]:
            try:
                await task_decisions.undo(self.principal, id_)
            except WorkbenchError as error:
                refused = error
        self._show(await inbox.held(self.principal))
        return toast_error(refused) if refused else None

    def _show(self, held: Sequence[Held]) -> None:
        self.held = _views(held)


def _views(held: Sequence[Held]) -> list[HeldView]:
    """Put what was decided alike, and within a second of each other, together."""
    groups: list[list[Held]] = []
    for one in held:
        last = groups[-1][-1] if groups else None
        if last and last.action == one.action and (one.until - last.until).total_seconds() < 1:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [HeldView.of(group) for group in groups]
