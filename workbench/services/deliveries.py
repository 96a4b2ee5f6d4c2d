"""Events that people and programs send: checked, then given to what waits for them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import expressions
from engine.contracts import Event
from engine.errors import ExpressionError, NodeFailed, Problem
from engine.nodes.wait_for_event import identity
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import events as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import EventWaitRow
from workbench.errors import Conflict, Invalid
from workbench.services import runs
from workbench.services.access import requires
from workbench.services.event_inbox import Delivered, PostgresEventInbox
from workbench.services.resources import get_resources

LONGEST_ID = 200


@requires(Action.EVENTS_SEND)
async def send_event(
    principal: Principal, *, name: str, key: str = "", data: Any = None, event_id: str | None = None
) -> Delivered:
    """Give an event to every node of the principal's runs that waits for it, else keep it for the first.

    The same `event_id` counts once. Raises Invalid when name, key or id cannot be used, when no run could
    carry the data, and when what waits for the event cannot use its data.
    """
    try:
        name, key = identity(name, key)
        expressions.bounded(data)
    except NodeFailed as error:
        raise _unfit("name", error.failure.message) from None
    except ExpressionError as error:
        raise _unfit("data", str(error)) from None
    if event_id is not None and (not 0 < len(event_id) <= LONGEST_ID or "\x00" in event_id):
        raise _unfit("id", f"An event's id has 1 to {LONGEST_ID} characters.")
    event = Event(id=event_id or new_id(), name=name, key=key, data=data, received_at=now())
    delivered = await PostgresEventInbox().deliver(principal.workspace, event)
    if delivered.unfit and not delivered.receivers:
        raise Invalid("No step that waits for this event can use its data.", delivered.unfit)
    return delivered


@requires(Action.EVENTS_SEND)
async def send_to(
    principal: Principal, run_id: str, node_id: str, data: Any, *, scope: str = ""
) -> Delivered:
    """Send the event that a node waits for, as `send_event` does. Raises Conflict when it waits for none."""

    async def query(session: AsyncSession) -> EventWaitRow | None:
        await runs.require(session, principal, run_id)
        return await queries.wait(session, (run_id, scope, node_id))

    wait = await get_resources().read(query)
    if wait is None or wait.event_id is not None:
        raise Conflict(f"{node_id} does not wait for an event, or no longer.")
    return await send_event(principal, name=wait.name, key=wait.key, data=data)


def _unfit(field: str, message: str) -> Invalid:
    return Invalid(message, (Problem(code="event-unfit", field=field, message=message),))
