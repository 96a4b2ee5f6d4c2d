"""Going on from an older run: from one of its steps, with other values, or with what failed in a map."""

from collections.abc import Mapping
from typing import Any

from engine.graph import Node
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as queries
from workbench.db.tables import RunRow
from workbench.errors import Conflict, Invalid
from workbench.services import runs
from workbench.services.access import requires
from workbench.services.beginnings import Again, Onward
from workbench.services.resources import get_resources
from workbench.services.run_options import NOTHING_ASKED, RunOptions, Trigger
from workbench.services.shapes import RunDetail

NOTHING: Mapping[str, Any] = {}


@requires(Action.RUNS_START)
async def fork(
    principal: Principal,
    run_id: str,
    *,
    node: str = "",
    edits: Mapping[str, Any] = NOTHING,
    inputs: dict[str, Any] | None = None,
    options: RunOptions = NOTHING_ASKED,
) -> RunDetail:
    """Start a run of what the run `run_id` ran: `node` and all that follows run, the rest is taken over.

    With `edits`, outputs by node that take the place of what was, and with other `inputs`, what they reach
    runs as well, and what had not come to an end. A run with edited values is a test run.

    Raises Conflict while the older run goes on, or when nothing would run.
    """
    return await _again(principal, Again(run_id, node, edits), inputs, options)


@requires(Action.RUNS_START)
async def retry_failed(principal: Principal, run_id: str, *, node: str) -> RunDetail:
    """Start a run in which a map does only those passes again that failed, and then what follows it."""
    await _require_container(principal, run_id, node, "map")
    return await _again(principal, Again(run_id, containers={node: Onward("retry")}), None, NOTHING_ASKED)


@requires(Action.RUNS_START)
async def restart(principal: Principal, run_id: str, *, node: str, at: int) -> RunDetail:
    """Start a run in which a map or loop begins at pass `at`, counted from 0, with the results before it."""
    await _require_container(principal, run_id, node, "map", "loop")
    if at < 0:
        raise Invalid("Passes are counted from 0.")
    again = Again(run_id, containers={node: Onward("restart", at)})
    return await _again(principal, again, None, NOTHING_ASKED)


async def _again(
    principal: Principal, again: Again, inputs: dict[str, Any] | None, options: RunOptions
) -> RunDetail:
    old = await _ended(principal, again.run_id)
    if old.workflow_id is None:
        raise Conflict("The workflow of this run was deleted, so nothing of it can run again.")
    return await runs.start_run(
        principal,
        workflow_id=old.workflow_id,
        inputs=old.inputs if inputs is None else inputs,
        options=options,
        trigger=Trigger("fork", old.id),
        beginning=again,
    )


async def _ended(principal: Principal, run_id: str) -> RunRow:
    row = await get_resources().read(lambda session: runs.require(session, principal, run_id))
    if row.status not in queries.SETTLED:
        raise Conflict("The run has not ended yet. Cancel it, or wait for its end, then go on from it.")
    return row


async def _require_container(principal: Principal, run_id: str, node_id: str, *types: str) -> Node:
    document = await runs.get_run_document(principal, run_id)
    node = next((one for one in document.nodes if one.id == node_id), None)
    if node is None or node.type not in types or node.parent is not None:
        kinds = " or ".join(types)
        raise Invalid(f"{node_id[:64]!r} is no {kinds} of this run that stands outside of containers.")
    return node
