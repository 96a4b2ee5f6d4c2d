"""From what a trigger heard to a run: its inputs rendered, the run started once, what is wrong kept."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from engine import expressions
from engine.errors import ExpressionError, Problem
from engine.graph import Trigger
from workbench.auth.principal import Principal, system
from workbench.auth.roles import Action
from workbench.db import triggers as queries
from workbench.db.ids import now
from workbench.db.json_text import dumps
from workbench.db.tables import TriggerRow
from workbench.errors import Invalid
from workbench.services import run_options, runs
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.run_options import RunOptions
from workbench.services.shapes import RunDetail
from workbench.services.starts import TEMPORAL_S, Which

log = structlog.get_logger(__name__)


def acts_as(row: TriggerRow) -> Principal:
    """Return on whose behalf a trigger starts runs: the workbench, in the workflow's workspace."""
    return system(row.workspace_id, name=f"trigger:{row.name}")


async def fire(
    row: TriggerRow,
    heard: Mapping[str, Any],
    *,
    key: str | None,
    same: Any = None,
    waiter: str | None = None,
    run_id: str | None = None,
    patience_s: float = TEMPORAL_S,
) -> RunDetail:
    """Start the run of an armed trigger that heard something; with a `key` it heard before, the run of then.

    Under one key, `same` tells one request from another; a different one raises Conflict. `waiter` is told of
    the run's end, `run_id` is the run whose end was heard. Raises Invalid when the inputs cannot be made or
    do not fit, and keeps that as the trigger's problem.
    """
    trigger = Trigger.model_validate(row.definition)
    async with keeping_problems(row):
        values = await inputs_of(trigger, heard)
        return await runs.start_run(
            acts_as(row),
            workflow_id=str(row.workflow_id),
            inputs=values,
            version=row.version,
            options=RunOptions(idempotency_key=None if key is None else f"trigger:{row.id}:{key}"),
            trigger=run_options.Trigger(
                _type(trigger), trigger.id, request=_digest(same), run_id=run_id, waiter=waiter
            ),
            patience_s=patience_s,
        )


@requires(Action.RUNS_START)
async def start_test(
    principal: Principal, workflow_id: str, trigger: Trigger, heard: Mapping[str, Any], *, version: Which
) -> RunDetail:
    """Start a run as a trigger would that is not armed. Raises Invalid."""
    return await runs.start_run(
        principal,
        workflow_id=workflow_id,
        inputs=await inputs_of(trigger, heard),
        version=version,
        trigger=run_options.Trigger(_type(trigger), trigger.id),
    )


async def inputs_of(trigger: Trigger, heard: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that a trigger makes out of what it heard. Raises Invalid, naming the input."""
    context = {"trigger": {"id": trigger.id, "type": trigger.type, **heard}}
    values, problems = {}, []
    for name, value in trigger.inputs.items():
        try:
            values[name] = await asyncio.to_thread(expressions.render, value, context)
        except ExpressionError as error:
            message = f"The input “{name}” cannot be made: {error}"
            problems.append(Problem(code="trigger-input", field=f"inputs.{name}", message=message))
    if problems:
        raise Invalid(problems[0].message, tuple(problems))
    return values


@asynccontextmanager
async def keeping_problems(row: TriggerRow) -> AsyncIterator[None]:
    """Keep what is wrong with a trigger where its owner looks for it, until it goes well again."""
    try:
        yield
    except Invalid as error:
        where = ", ".join(problem.field for problem in error.problems[:3] if problem.field)
        await keep_problem(row, f"{error} ({where})" if where else str(error))
        raise
    if row.problem is not None:
        await _say(row, None)


async def keep_problem(row: TriggerRow, message: str) -> None:
    """Keep what is wrong with a trigger, to be shown beside it; it may quote what was heard, so no log."""
    log.warning("trigger.problem", trigger=row.name, workflow_id=row.workflow_id)
    await _say(row, {"message": message[:1_000], "at": now().isoformat()})


async def _say(row: TriggerRow, problem: dict[str, object] | None) -> None:
    async with get_resources().transaction() as session:
        await queries.say(session, row.id, problem)
    row.problem = problem


def _type(trigger: Trigger) -> run_options.TriggerType:
    match trigger.type:
        case "webhook" | "schedule" | "workflow_end":
            return trigger.type
        case other:
            raise ValueError(f"A version was published with a trigger of the unknown type {other!r}")


def _digest(same: Any) -> str:
    return hashlib.sha256(dumps(same)).hexdigest()
