"""The seeds of a run that goes on from an older one: what it is not to do again is taken over as it was."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import fingerprints
from engine.contracts import ContainerState, LoopStep, MapStep, Plan
from engine.fingerprints import Dependencies
from engine.graph import Document
from workbench.db import runs as run_queries
from workbench.db import seeds as queries
from workbench.db.tables import RunRow, SeedRow
from workbench.errors import Conflict
from workbench.services import onward
from workbench.services.beginnings import Again
from workbench.services.seeds_part import Seeds, edited_records, fingerprints_of, root
from workbench.services.standing import Standings


async def of(session: AsyncSession, row: RunRow, document: Document, plan: Plan, again: Again) -> Seeds:
    """Return the seeds of the run `row`. Raises Invalid when `again` names what the document does not have.

    What runs is `again.node`, whatever other inputs reach, what did not come to an end before (of what the
    older run was to run), and all that follows any of these or an edited value.
    """
    old = await run_queries.get(session, again.run_id)
    if old is None:
        raise Conflict("The run to go on from is gone.")
    before = await queries.get(session, old.id)
    nodes = {node.node_id: node for node in await run_queries.nodes(session, old.id)}
    dependencies, edited = Dependencies(document), edited_records(document, again.edits)
    wanted = {root(dependencies, node_id) for node_id in (again.node, *again.containers) if node_id}
    wanted |= await _changed(dependencies, old.inputs, row.inputs)
    given = _given(nodes, before) if before else {}
    given = {node_id: one for node_id, one in given.items() if node_id not in wanted}
    given |= {record.node_id: fingerprints.of_value(record) for record in edited}
    usable = _usable(nodes, document) - again.edits.keys()
    standings = Standings(dependencies, {}, given)
    if before is None or before.steps is None:
        wanted |= standings.of.keys() - usable
        among, reused = set(standings.of), usable
    else:
        wanted |= (standings.of.keys() & set(before.steps)) - usable
        among, reused = {*nodes, *wanted}, set()
    run = (wanted | standings.followers(wanted | again.edits.keys())) & among
    chosen = standings.closed(run, usable - run)
    taken = (reused | chosen.reused | chosen.given) - chosen.run - again.edits.keys()
    return Seeds(
        steps=chosen.run,
        reused={node_id: (old.id, node_id) for node_id in taken},
        edited=edited,
        fingerprints=await fingerprints_of(dependencies, row.inputs, given) if row.test else None,
        containers=await _containers(session, old, plan, again),
    )


async def _containers(
    session: AsyncSession, old: RunRow, plan: Plan, again: Again
) -> dict[str, ContainerState]:
    """Return what the maps and loops that go on begin with."""
    steps = {step.id: step for step in plan.steps}
    found = {}
    for node_id, how in again.containers.items():
        step = steps[node_id]
        assert isinstance(step, MapStep | LoopStep)
        found[node_id] = await onward.state(session, old, plan, step, how)
    return {node_id: state for node_id, state in found.items() if state is not None}


async def _changed(dependencies: Dependencies, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Return the nodes outside of containers that other inputs reach."""
    if old == new:
        return set()
    before, after = [await fingerprints_of(dependencies, inputs, {}) for inputs in (old, new)]
    changed = {node_id for node_id, one in after.items() if before[node_id] != one}
    return {node_id for node_id in changed if dependencies.container(node_id) == node_id}


def _given(nodes: Mapping[str, Any], before: SeedRow) -> dict[str, str]:
    """Return the fingerprints of the values that a person had given to the older run."""
    known = before.fingerprints or {}
    return {
        node_id: known[node_id]
        for node_id, node in nodes.items()
        if node_id in known and (node.origin or {}).get("kind") in ("pinned", "edited")
    }


def _usable(nodes: Mapping[str, Any], document: Document) -> set[str]:
    """Return the nodes whose end can be taken over: outputs, branches not taken, errors gone on from."""
    going_on = {one.id for one in document.nodes if one.policy.on_error == "continue"}
    return {
        node_id
        for node_id, node in nodes.items()
        if node.status in ("succeeded", "skipped")
        or (node.status == "failed" and node.ports and node_id in going_on)
    }
