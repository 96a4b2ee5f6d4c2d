"""What is to be seen of a workflow's triggers, and what can be done with them between two versions."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from engine.graph import Document, Trigger
from engine.triggers import ScheduleConfig
from engine.triggers.schedule import next_times
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as run_queries
from workbench.db import secrets as secret_queries
from workbench.db import triggers as queries
from workbench.db.ids import now
from workbench.db.tables import TriggerRow
from workbench.errors import Conflict, NotFound
from workbench.services import documents, run_shapes, workflows
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import RunDetail, RunSummary, Shape
from workbench.services.triggers import firing, schedules
from workbench.services.triggers.arming import new_address
from workbench.settings import CONFIDENTIAL_PREFIX

RUNS_SHOWN = 5


class TriggerProblem(Shape):
    """What went wrong with a trigger last, until it goes well again."""

    message: str
    at: datetime


class TriggerState(Shape):
    """A trigger of the draft, of the live version, or of both; `id` is its id in the document.

    `armed`: the live version has it, switched on. `changed`: the draft has it otherwise. `pending`:
    Temporal has yet to be told of a schedule's present state, as soon as it answers. `address` is a webhook's
    path below the workbench's own address, once it was published, for those who manage triggers; others read
    None. `next_times` are those of the live schedule when it is armed, else of the draft's. `missing_secret`
    names one that is not stored.
    """

    id: str
    type: str
    enabled: bool
    in_draft: bool
    armed: bool
    changed: bool
    paused: bool = False
    pending: bool = False
    version: int | None = None
    address: str | None = None
    next_times: tuple[datetime, ...] = ()
    missing_secret: str | None = None
    problem: TriggerProblem | None = None
    last_runs: tuple[RunSummary, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """What the database says about a workflow's triggers."""

    draft: Mapping[str, Any]
    rows: Sequence[TriggerRow]
    runs: Mapping[str, tuple[RunSummary, ...]]
    secrets: frozenset[str]


@requires(Action.WORKFLOWS_READ)
async def list_triggers(principal: Principal, workflow_id: str) -> tuple[TriggerState, ...]:
    """Return the triggers of the draft, in its order, then those that only the live version has."""

    async def query(session: AsyncSession) -> _Seen:
        workflow = await workflows.require(session, principal, workflow_id)
        rows = await queries.of_workflow(session, workflow_id)
        runs = {
            row.name: await run_queries.by_trigger(session, workflow_id, row.name, limit=RUNS_SHOWN)
            for row in rows
        }
        shown = {name: tuple(run_shapes.summary(run) for run in found) for name, found in runs.items()}
        triggers = [*workflow.document.get("triggers", ()), *(row.definition for row in rows)]
        stored = await secret_queries.known(session, {name for one in triggers if (name := _secret(one))})
        return _Seen(workflow.document, rows, shown, stored)

    seen = await get_resources().read(query)
    document = await documents.load(dict(seen.draft))
    known = {row.name: row for row in seen.rows}
    states = [_state(trigger, known.pop(trigger.id, None), seen) for trigger in document.triggers]
    found = (*states, *(_state(None, row, seen) for row in known.values() if row.armed))
    if principal.may(Action.TRIGGERS_MANAGE):
        return found
    # Whoever knows a webhook's address can start runs: to look at a workflow is not enough for that.
    return tuple(state.model_copy(update={"address": None}) for state in found)


@requires(Action.WORKFLOWS_READ)
async def get_trigger(principal: Principal, workflow_id: str, name: str) -> TriggerState:
    """Return one of the workflow's triggers. Raises NotFound."""
    found = next((one for one in await list_triggers(principal, workflow_id) if one.id == name), None)
    if found is None:
        raise NotFound(f"The workflow has no trigger {name[:64]!r}.")
    return found


@requires(Action.TRIGGERS_MANAGE)
async def pause(principal: Principal, workflow_id: str, name: str, *, paused: bool) -> TriggerState:
    """Let a published trigger start nothing, or runs again; it stays so from version to version."""
    async with get_resources().transaction() as session:
        row = await _require(session, principal, workflow_id, name)
        row.told = row.told and row.paused == paused
        row.paused = paused
    await schedules.tell_workflow(workflow_id)
    return await get_trigger(principal, workflow_id, name)


@requires(Action.TRIGGERS_MANAGE)
async def rotate(principal: Principal, workflow_id: str, name: str) -> TriggerState:
    """Give a webhook a new address; the old one is gone at once. Raises Conflict for other triggers."""
    async with get_resources().transaction() as session:
        row = await _require(session, principal, workflow_id, name)
        if row.address is None:
            raise Conflict("Only a webhook has an address.")
        row.address = new_address()
    return await get_trigger(principal, workflow_id, name)


@requires(Action.TRIGGERS_MANAGE)
async def try_out(
    principal: Principal, workflow_id: str, name: str, *, heard: Mapping[str, Any]
) -> RunDetail:
    """Start a run of the draft as its trigger would, having heard `heard`. Nothing has to be armed."""
    row = await get_resources().read(lambda session: workflows.require(session, principal, workflow_id))
    document: Document = await documents.load(row.document)
    trigger = next((one for one in document.triggers if one.id == name), None)
    if trigger is None:
        raise NotFound(f"The draft has no trigger {name[:64]!r}.")
    heard = {"at": now().isoformat(), **heard}
    return await firing.start_test(principal, workflow_id, trigger, heard, version="draft")


async def _require(session: AsyncSession, principal: Principal, workflow_id: str, name: str) -> TriggerRow:
    await workflows.require(session, principal, workflow_id)
    row = await queries.named(session, workflow_id, name, lock=True) if "\x00" not in name else None
    if row is None:
        raise NotFound(f"No published version of the workflow has a trigger {name[:64]!r}.")
    return row


def _state(draft: Trigger | None, row: TriggerRow | None, seen: _Seen) -> TriggerState:
    """Return what there is to see of a trigger; one of `draft` and `row` is there."""
    live = Trigger.model_validate(row.definition) if row and row.armed else None
    shown = live or draft
    if shown is None:
        raise ValueError("A trigger is in the draft or in the live version")
    return TriggerState(
        id=shown.id,
        type=(draft or shown).type,
        enabled=(draft or shown).enabled,
        in_draft=draft is not None,
        armed=live is not None,
        changed=draft != live if draft and live else bool(draft and draft.enabled) != (live is not None),
        paused=bool(row and row.paused),
        pending=bool(row and row.scheduled and not row.told),
        version=row.version if row and live else None,
        address=f"/api/v1/hooks/{row.address}" if row and live and row.address else None,
        next_times=() if row and live and row.paused else _next_times(shown),
        missing_secret=_missing(_secret((draft or shown).model_dump()), seen.secrets),
        problem=TriggerProblem.model_validate(row.problem) if row and row.problem else None,
        last_runs=seen.runs.get(shown.id, ()),
    )


def _next_times(trigger: Trigger) -> tuple[datetime, ...]:
    if trigger.type != "schedule" or not trigger.enabled:
        return ()
    try:
        return next_times(ScheduleConfig.model_validate(trigger.config), now())
    except ValidationError:  # an unfinished draft; the document's problems say what is missing
        return ()


def _secret(definition: Mapping[str, Any]) -> str:
    """Return the name of the secret that a webhook checks its callers with; empty when it has none."""
    check = definition["config"].get("check")
    name = check.get("secret") if isinstance(check, Mapping) else None
    return name if isinstance(name, str) else ""


def _missing(name: str, stored: frozenset[str]) -> str | None:
    """Return the name when neither a secret nor the environment has it."""
    return name if name and name not in stored and CONFIDENTIAL_PREFIX + name not in os.environ else None
