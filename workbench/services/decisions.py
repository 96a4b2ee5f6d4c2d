"""Decisions about nodes that failed and wait: checked here, then by the run itself, which takes one."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine import nodes as node_types
from engine.contracts import NodeDecision
from engine.errors import DecisionRefused, Problem
from engine.graph import Document, Node
from engine.nodes import RESULT, NodeType, PlanContext
from workbench.auth import roles
from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.db.tables import NodeRunRow
from workbench.errors import Conflict, Invalid, NotFound, Unavailable
from workbench.services import given, run_shapes, runs
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import NodeRun
from workbench.services.starts import TEMPORAL_S

Action = Literal["retry", "output", "skip", "abort"]

TRIES = 5
PAUSE_S = 0.2
"""A node's row says that it waits a moment before the run itself knows; so it is asked again, briefly."""


@dataclass(frozen=True)
class Asked:
    """A decision as somebody asks for it; `attempt` is the one that they saw failing."""

    action: Action
    attempt: int
    config: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    port: str = "out"
    reason: str = ""


@requires(roles.Action.TASKS_DECIDE)
async def decide(
    principal: Principal, run_id: str, node_id: str, asked: Asked, *, scope: str = ""
) -> NodeRun:
    """Let a node that failed go on as decided, and return it as it was when the run took the decision.

    Raises Conflict when it does not wait, or not after that attempt; Invalid when the settings or the port do
    not fit the node; Unavailable when the run did not confirm it in time.
    """
    row = await _waiting(principal, run_id, node_id, scope, asked)
    document = await runs.get_run_document(principal, run_id)
    _check(document, node_id, asked)
    decision = NodeDecision(
        action=asked.action,
        by=principal.id,
        at=now(),
        reason=asked.reason,
        scope=scope,
        node_id=node_id,
        attempt=asked.attempt,
        config=_fields(document, node_id, asked.config) if asked.action == "retry" else {},
        output=asked.output,
        port=asked.port,
    )
    await _bring(run_id, decision)
    return run_shapes.node_run(row)


async def _waiting(principal: Principal, run_id: str, node_id: str, scope: str, asked: Asked) -> NodeRunRow:
    async def query(session: AsyncSession) -> NodeRunRow | None:
        await runs.require(session, principal, run_id)
        return await queries.node(session, run_id, node_id, scope)

    row = await get_resources().read(query)
    if row is None:
        raise NotFound(f"The run has no node {node_id[:64]!r} there, or not yet.")
    if row.status != "waiting" or row.error is None:
        raise Conflict(f"{node_id} does not wait for a decision: it is {row.status}.{_by(row)}")
    if row.attempt != asked.attempt:
        raise Conflict(
            f"{node_id} has failed again meanwhile, in attempt {row.attempt}; your decision was about "
            f"attempt {asked.attempt}. Look at the error again."
        )
    return row


def _by(row: NodeRunRow) -> str:
    """Return who decided about a node last, as a further sentence."""
    if not row.decision:
        return ""
    return f" {row.decision['by']} decided {row.decision['action']} at {row.decision['at']}."


def _check(document: Document, node_id: str, asked: Asked) -> None:
    """Raise Invalid with everything in the decision that does not fit the node."""
    node = next(node for node in document.nodes if node.id == node_id)
    kind = node_types.get(node.type)
    given.require_usable(node_id, [asked.output, asked.config])
    problems = [*_settings(node, asked)] if asked.action == "retry" else []
    if kind.container and RESULT in asked.config:
        message = f"What the passes of {node_id} give stays as it is in this run."
        problems.append(Problem(code="bad-config", node=node_id, field=f"config.{RESULT}", message=message))
    ports = {port.name for port in kind.outputs_of(node.config)} or {"out"}
    if asked.action == "output" and asked.port not in ports:
        message = f"{node_id} cannot be left by “{asked.port}”; it has {', '.join(sorted(ports))}."
        problems.append(Problem(code="unknown-port", node=node_id, field="port", message=message))
    if problems:
        raise Invalid("The decision does not fit the step.", tuple(problems))


def _settings(node: Node, asked: Asked) -> list[Problem]:
    if not asked.config:
        return []
    try:
        node_types.get(node.type).config.model_validate({**node.config, **asked.config})
    except ValidationError as error:
        return [
            Problem(
                code="bad-config",
                node=node.id,
                field=".".join(["config", *map(str, detail["loc"])]),
                message=f"{detail['msg']}.",
            )
            for detail in error.errors()
        ]
    return []


def _fields(document: Document, node_id: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return what the run is to replace: settings or, of a step that it executes itself, fields of that."""
    node = next(node for node in document.nodes if node.id == node_id)
    kind = node_types.get(node.type)
    if not config or kind.default_timeout_s is not None or kind.retried:
        return config
    old, new = (_step(kind, node, settings) for settings in (node.config, {**node.config, **config}))
    return {name: value for name, value in new.items() if value != old[name]}


def _step(kind: NodeType, node: Node, settings: dict[str, Any]) -> dict[str, Any]:
    step = kind.plan(node, PlanContext(config=kind.config.model_validate(settings)))
    return step.model_dump(mode="json") if step else {}


async def _bring(run_id: str, decision: NodeDecision) -> None:
    """Bring the decision to its run; Conflict when the run refuses it."""
    try:
        async with asyncio.timeout(TEMPORAL_S):
            temporal = await get_resources().temporal()
            for tries_left in reversed(range(TRIES)):
                try:
                    await temporal.decide(run_id, decision)
                    return
                except DecisionRefused as error:
                    if not tries_left:
                        raise Conflict(str(error)) from error
                await asyncio.sleep(PAUSE_S)
    except (RPCError, TimeoutError) as error:
        raise Unavailable(
            "The run has not confirmed the decision in time. Look at the step before you decide again."
        ) from error
