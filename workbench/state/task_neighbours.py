"""The tasks beside the one on the page, in the list that one came from."""

import reflex as rx

from workbench import routes
from workbench.services import tasks
from workbench.state.base import AppState
from workbench.state.inbox import InboxState
from workbench.state.task import TaskState

MOST = 100


class TaskNeighboursState(AppState):
    """`_order` are the tasks of that list; as long as one stays among them it is not read again."""

    _order: list[str] = []

    @rx.event
    async def load(self) -> None:
        """Find out what stands before and after the task: in the inbox's list, else among the open tasks."""
        task = await self.get_state(TaskState)
        listed = [row.id for row in (await self.get_state(InboxState)).rows]
        known = listed if task.head.id in listed else list(self._order)
        if task.head.id and task.head.id not in known:
            known = [one.id for one in (await tasks.list_tasks(self.principal, limit=MOST)).items]
        self._order = known
        at = known.index(task.head.id) if task.head.id in known else -1
        task.before = routes.task(known[at - 1]) if at > 0 else ""
        task.after = routes.task(known[at + 1]) if 0 <= at < len(known) - 1 else ""
