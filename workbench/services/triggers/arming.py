"""Arming what the live version says, and nothing else: in the transaction that makes the version live."""

import secrets
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from engine.graph import Trigger
from workbench.db import triggers as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import TriggerRow, WorkflowRow

ADDRESS_BYTES = 24
"""Of chance in a webhook's address: nobody guesses it."""


async def arm(
    session: AsyncSession, workflow: WorkflowRow, *, version: int, triggers: Sequence[Trigger]
) -> None:
    """Arm the triggers of the version that becomes live and disarm all others of the workflow.

    A trigger keeps its address from version to version, also through versions that do not have it.
    """
    known = {row.name: row for row in await queries.of_workflow(session, workflow.id, lock=True)}
    for trigger in triggers:
        row = known.pop(trigger.id, None)
        if row is None:
            row = _new(workflow, trigger)
            session.add(row)
        _arm(row, trigger, version)
    for row in known.values():
        row.armed, row.told = False, False


def new_address() -> str:
    """Return a path below `/api/v1/hooks` that nobody can guess."""
    return secrets.token_urlsafe(ADDRESS_BYTES)


def _new(workflow: WorkflowRow, trigger: Trigger) -> TriggerRow:
    at = now()
    return TriggerRow(
        id=new_id(),
        workflow_id=workflow.id,
        workspace_id=workflow.workspace_id,
        name=trigger.id,
        type=trigger.type,
        definition={},
        version=0,
        armed=False,
        armed_at=at,
        created_at=at,
    )


def _arm(row: TriggerRow, trigger: Trigger, version: int) -> None:
    definition = trigger.model_dump(mode="json")
    if not row.armed or row.definition != definition:
        row.armed_at, row.problem = now(), None
    row.type, row.definition, row.version, row.armed = trigger.type, definition, version, trigger.enabled
    if trigger.type == "webhook" and row.address is None:
        row.address = new_address()
    row.source_id = str(trigger.config.get("workflow")) if trigger.type == "workflow_end" else None
    row.scheduled = row.scheduled or (trigger.type == "schedule" and row.armed)
    row.told = False
