"""Decisions about pauses: held against the step's type and settings, and brought to the run that waits."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from engine import nodes as node_types
from engine.contracts import Budget, HumanDecision, NodeDecision
from engine.errors import DecisionRefused, Problem
from engine.graph import Document, Node
from engine.nodes import RESULT, NodeType, PlanContext
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as queries
from workbench.db import tasks
from workbench.db.ids import new_id, now
from workbench.db.pauses import PAUSE
from workbench.db.tables import NodeRunRow, RunRow, TaskDecisionRow, TaskRow
from workbench.errors import Forbidden, Invalid
from workbench.services import documents
from workbench.services.resources import Resources


async def check(session: AsyncSession, principal: Principal, row: TaskRow, decision: HumanDecision) -> None:
    """Raise Invalid with everything in a decision that does not fit what is paused; Forbidden."""
    if decision.action == "delegate":
        return
    if row.kind == PAUSE:
        problems = _misfits(await _node(session, row.run_id, row.node_id), decision)
    else:
        if not principal.may(Action.RUNS_STOP):
            raise Forbidden("runs:stop", "Only who may stop runs decides about their budgets.")
        problems = _unfit_budget(decision)
    if problems:
        raise Invalid("The decision does not fit the step.", tuple(problems))


async def bring(resources: Resources, run_id: str, kind: str, decision: HumanDecision) -> None:
    """Bring a decision to the run that waits; DecisionRefused when that does not take it."""
    if decision.action == "delegate":  # a run does not know whom a pause is for
        return
    temporal = await resources.temporal()
    if kind == PAUSE:
        await temporal.decide(run_id, await resources.read(lambda session: _told(session, run_id, decision)))
    elif decision.action == "raise":
        budget = await _raise(resources, run_id, decision)
        await temporal.raise_budget(run_id, budget)
    else:
        async with resources.transaction() as session:
            row = await _run(session, run_id, lock=True)
            row.cancel_requested_at = row.cancel_requested_at or now()
        await temporal.cancel(run_id)


async def raised(session: AsyncSession, principal: Principal, run_id: str, budget: Budget) -> None:
    """Let the task of a run that has used up its budget be decided: that is done."""
    task = await tasks.of_budget(session, run_id)
    if task is None:
        return
    at = now()
    decision = HumanDecision(
        id=new_id(),
        node_id="",
        attempt=task.attempt,
        action="raise",
        by=principal.id,
        name=principal.name,
        at=at,
        value=budget.model_dump(),
    )
    task.status, task.outcome, task.closed_at = "done", "raise", at
    session.add(
        TaskDecisionRow(
            id=decision.id,
            task_id=task.id,
            by=principal.id,
            at=at,
            decision=decision.model_dump(mode="json"),
            status="counted",
            tell_at=at,
        )
    )


async def is_certain(session: AsyncSession, row: TaskRow) -> bool:
    """Return whether a run that says “no longer” has not just taken the decision itself.

    It tells what it took by its records, which may be on their way: until then its node waits in them.
    """
    if row.kind != PAUSE or row.status in ("done", "cancelled"):
        return True
    node = await session.get(NodeRunRow, (row.run_id, row.scope, row.node_id), populate_existing=True)
    return node is None or (node.status, node.attempt) != ("waiting", row.attempt)


async def _told(session: AsyncSession, run_id: str, decision: HumanDecision) -> NodeDecision:
    """Return a decision about a step as the run takes it."""
    action = decision.action
    assert action in ("retry", "output", "skip", "abort")
    config = decision.value if action == "retry" and decision.value else {}
    if config:
        config = _fields(await _node(session, run_id, decision.node_id), config)
    return NodeDecision(
        id=decision.id,
        action=action,
        by=decision.by,
        at=decision.at,
        reason=decision.reason,
        scope=decision.scope,
        node_id=decision.node_id,
        attempt=decision.attempt,
        config=config,
        output=decision.value if action == "output" else None,
        port=decision.port,
    )


async def _raise(resources: Resources, run_id: str, decision: HumanDecision) -> Budget:
    """Keep the budget that a run is given, twice what it had where none is named."""
    async with resources.transaction() as session:
        row = await _run(session, run_id, lock=True)
        had = Budget.model_validate(row.budget or {})
        budget = Budget.model_validate(decision.value) if decision.value else had.doubled()
        row.budget = budget.model_dump()
        return budget


async def _run(session: AsyncSession, run_id: str, *, lock: bool = False) -> RunRow:
    row = await queries.get(session, run_id, lock=lock)
    if row is None:
        raise DecisionRefused("The run is not in the records any more.")
    return row


async def _node(session: AsyncSession, run_id: str, node_id: str) -> Node:
    row = await _run(session, run_id)
    document: Document = await documents.load(await queries.document(session, row.version_id))
    return next(node for node in document.nodes if node.id == node_id)


def _misfits(node: Node, decision: HumanDecision) -> list[Problem]:
    kind = node_types.get(node.type)
    if decision.action == "output":
        ports = {port.name for port in kind.outputs_of(node.config)} or {"out"}
        if decision.port in ports:
            return []
        message = f"{node.id} cannot be left by “{decision.port}”; it has {', '.join(sorted(ports))}."
        return [Problem(code="unknown-port", node=node.id, field="port", message=message)]
    if decision.action != "retry" or decision.value is None:
        return []
    if not isinstance(decision.value, dict):
        message = "Give the settings that are to be others as an object of names and values."
        return [Problem(code="bad-config", node=node.id, field="config", message=message)]
    problems = _settings(node, decision.value)
    if kind.container and RESULT in decision.value:
        message = f"What the passes of {node.id} give stays as it is in this run."
        problems.append(Problem(code="bad-config", node=node.id, field=f"config.{RESULT}", message=message))
    return problems


def _settings(node: Node, config: dict[str, Any]) -> list[Problem]:
    if not config:
        return []
    try:
        node_types.get(node.type).config.model_validate({**node.config, **config})
    except ValidationError as error:
        return _problems(error, node.id, "config")
    return []


def _unfit_budget(decision: HumanDecision) -> list[Problem]:
    if decision.action != "raise" or decision.value is None:
        return []
    try:
        Budget.model_validate(decision.value)
    except ValidationError as error:
        return _problems(error, None, "budget")
    return []


def _problems(error: ValidationError, node_id: str | None, field: str) -> list[Problem]:
    return [
        Problem(
            code=f"bad-{field}",
            node=node_id,
            field=".".join([field, *map(str, detail["loc"])]),
            message=f"{detail['msg']}.",
        )
        for detail in error.errors()
    ]


def _fields(node: Node, config: dict[str, Any]) -> dict[str, Any]:
    """Return what the run is to replace: settings or, of a step that it executes itself, fields of that."""
    kind = node_types.get(node.type)
    if kind.default_timeout_s is not None or kind.retried:
        return config
    old, new = (_step(kind, node, settings) for settings in (node.config, {**node.config, **config}))
    return {name: value for name, value in new.items() if value != old[name]}


def _step(kind: NodeType, node: Node, settings: dict[str, Any]) -> dict[str, Any]:
    step = kind.plan(node, PlanContext(config=kind.config.model_validate(settings)))
    return step.model_dump(mode="json") if step else {}
