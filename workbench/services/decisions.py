"""Decisions about nodes that failed and wait, as one makes them at the run: each is one about its task."""

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth import roles
from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db import tasks
from workbench.db.tables import NodeRunRow, TaskRow
from workbench.errors import Conflict, NotFound
from workbench.services import run_shapes, runs, task_decisions
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import NodeRun
from workbench.services.task_decisions import Decision

Action = Literal["retry", "output", "skip", "abort"]


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
    """Let a node that failed go on as decided, and return it as it was before.

    Raises Conflict when it does not wait, not after that attempt, or somebody else has claimed it; Forbidden
    when others are asked; Invalid when the settings or the port do not fit the node.
    """
    row, task_id = await _waiting(principal, run_id, node_id, scope, asked)
    value = {"retry": asked.config or None, "output": asked.output}.get(asked.action)
    decision = Decision(asked.action, reason=asked.reason, value=value, port=asked.port)
    await task_decisions.decide(principal, task_id, decision)
    return run_shapes.node_run(row)


async def _waiting(
    principal: Principal, run_id: str, node_id: str, scope: str, asked: Asked
) -> tuple[NodeRunRow, str]:
    """Return a node that waits, and the id of its task."""

    async def query(session: AsyncSession) -> tuple[NodeRunRow | None, TaskRow | None]:
        await runs.require(session, principal, run_id)
        task = await tasks.at(session, (run_id, scope, node_id, asked.attempt), paused=True)
        return await queries.node(session, run_id, node_id, scope), task

    row, task = await get_resources().read(query)
    if row is None:
        raise NotFound(f"The run has no node {node_id[:64]!r} there, or not yet.")
    if row.status != "waiting" or row.error is None:
        raise Conflict(f"{node_id} does not wait for a decision: it is {row.status}.{_by(row)}")
    if row.attempt != asked.attempt:
        raise Conflict(
            f"{node_id} has failed again meanwhile, in attempt {row.attempt}; your decision was about "
            f"attempt {asked.attempt}. Look at the error again."
        )
    if task is None:
        raise Conflict(f"{node_id} waits for nobody's decision.")
    return row, task.id


def _by(row: NodeRunRow) -> str:
    """Return who decided about a node last, as a further sentence."""
    if not row.decision:
        return ""
    return f" {row.decision['by']} decided {row.decision['action']} at {row.decision['at']}."
