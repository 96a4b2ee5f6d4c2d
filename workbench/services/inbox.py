"""Somebody's own inbox: how much waits for them, what they have seen, what they can undo yet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import inbox as queries
from workbench.db import task_facets, task_lists, tasks
from workbench.db.ids import is_id, now
from workbench.db.task_facets import Facets as Facets
from workbench.db.task_lists import MOST_COUNTED as MOST_COUNTED
from workbench.db.task_lists import Queue
from workbench.errors import Invalid
from workbench.services import task_shapes
from workbench.services.access import requires
from workbench.services.resources import get_resources

MOST_SEEN = 1_000
"""Tasks that are marked at once."""


@dataclass(frozen=True)
class Held:
    """A decision of somebody's that they can undo until then."""

    task_id: str
    title: str
    action: str
    until: datetime


@requires(Action.TASKS_READ)
async def counts(principal: Principal) -> dict[Queue, int]:
    """Return how many tasks are in each queue; of those that are done at most MOST_COUNTED."""
    return await get_resources().read(
        lambda session: task_lists.counts(session, principal.id, principal.groups)
    )


@requires(Action.TASKS_READ)
async def waiting(principal: Principal) -> int:
    """Return how many tasks wait for the principal to decide."""
    return await get_resources().read(
        lambda session: task_lists.waiting(session, principal.id, principal.groups)
    )


@requires(Action.TASKS_READ)
async def facets(principal: Principal) -> Facets:
    """Return what the open tasks can be narrowed to."""
    return await get_resources().read(task_facets.facets)


@requires(Action.TASKS_READ)
async def mark(principal: Principal, task_ids: Collection[str], *, seen: bool) -> int:
    """Mark tasks as seen or as new to the principal; return how many there are. Invalid for too many."""
    if len(task_ids) > MOST_SEEN:
        raise Invalid(f"Mark at most {MOST_SEEN} tasks at once.")
    ids = {id_ for id_ in task_ids if is_id(id_)}
    async with get_resources().transaction() as session:
        return await queries.mark(session, principal.workspace, principal.id, ids, seen=seen, at=now())


@requires(Action.TASKS_READ)
async def held(principal: Principal) -> tuple[Held, ...]:
    """Return the decisions that the principal can undo yet, the latest last."""
    rows = await get_resources().read(lambda session: tasks.held_by(session, principal.id))
    made = [(task, decision, task_shapes.stored(decision)) for decision, task in rows]
    return tuple(Held(task.id, task.title, one.action, row.tell_at) for task, row, one in made)
