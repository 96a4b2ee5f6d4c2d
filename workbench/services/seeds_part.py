"""The seeds of a test run of a draft: pinned and edited values, and outputs of older runs that still hold."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import fingerprints
from engine.contracts import ContainerState, NodeRecord
from engine.errors import Problem
from engine.fingerprints import Dependencies
from engine.graph import Document
from workbench.db import seeds as queries
from workbench.db.tables import RunRow
from workbench.errors import Invalid
from workbench.services import documents, given
from workbench.services.beginnings import Part
from workbench.services.standing import Known, Standings


@dataclass(frozen=True)
class Seeds:
    """What is stored for a run. `steps` None: the rest.

    `reused` maps nodes to the runs that have their rows, and to their ids there.
    """

    steps: Collection[str] | None = None
    reused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    pinned: Collection[str] = ()
    edited: tuple[NodeRecord, ...] = ()
    fingerprints: dict[str, str] | None = None
    containers: Mapping[str, ContainerState] = field(default_factory=dict)


@dataclass(frozen=True)
class Present:
    """How a draft stands with some inputs: its fingerprints, what older runs know of it, and what holds.

    `rows` are those of `queries.known`, by node.
    """

    fingerprints: dict[str, str]
    rows: dict[str, Any]
    standings: Standings


async def of(session: AsyncSession, row: RunRow, document: Document, part: Part) -> Seeds:
    """Return the seeds of the run `row`. Raises Invalid when `part` names what cannot run, or be edited."""
    dependencies, edited = Dependencies(document), edited_records(document, part.edits)
    node_id = root(dependencies, part.node) if part.node else ""
    values = {record.node_id: fingerprints.of_value(record) for record in edited}
    assert row.workflow_id is not None
    pinned = await _pinned(session, row.workflow_id, dependencies)
    if part.what == "all":
        found = await fingerprints_of(dependencies, row.inputs, pinned | values)
        return Seeds(None, {}, pinned.keys() - values.keys(), edited, found)
    now = await present(session, row.workflow_id, row.started_by, dependencies, row.inputs, pinned | values)
    if part.what in ("node", "to") and node_id in pinned | values:
        raise refused(node_id, f"A value stands for {node_id!r}, so it does not run.", "Unpin it first.")
    chosen = now.standings.choose(part.what, node_id)
    return Seeds(
        steps=chosen.run,
        reused={one: (now.rows[one].held_by, now.rows[one].held_as) for one in chosen.reused},
        pinned=chosen.given - values.keys(),
        edited=tuple(record for record in edited if record.node_id in chosen.given),
        fingerprints=now.fingerprints,
    )


async def present(
    session: AsyncSession,
    workflow_id: str,
    owner: str,
    dependencies: Dependencies,
    inputs: Mapping[str, Any],
    values: Mapping[str, str],
) -> Present:
    """Return how a draft stands with these inputs; `values` are the fingerprints of what is given."""
    found = await fingerprints_of(dependencies, inputs, values)
    rows = await queries.known(session, workflow_id=workflow_id, owner=owner, present=found)
    known = {one.called: Known(one.made_by, one.unchanged) for one in rows}
    return Present(found, {one.called: one for one in rows}, Standings(dependencies, known, values.keys()))


async def fingerprints_of(
    dependencies: Dependencies, inputs: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, str]:
    """Return the fingerprints of a document, off the event loop where there are many."""
    return await documents.off_loop(
        len(dependencies.nodes), lambda: fingerprints.of_dependencies(dependencies, inputs, values)
    )


def edited_records(document: Document, edits: Mapping[str, Any]) -> tuple[NodeRecord, ...]:
    """Return the records of edited outputs. Raises Invalid when one cannot be used."""
    return tuple(
        given.record(given.node_of(document, node_id), value, kind="edited")
        for node_id, value in edits.items()
    )


def root(dependencies: Dependencies, node_id: str) -> str:
    """Return the node that runs when `node_id` is to: itself, or the outermost container around it."""
    if node_id not in dependencies.nodes:
        raise refused(node_id, f"The workflow has no node {node_id[:64]!r} that runs.", "")
    return dependencies.container(node_id)


def refused(node_id: str, message: str, hint: str) -> Invalid:
    """Return the error of a node that cannot be run as was asked."""
    return Invalid(message, (Problem(code="cannot-run", node=node_id[:64], message=message, hint=hint),))


async def pins(session: AsyncSession, workflow_id: str, dependencies: Dependencies) -> dict[str, Any]:
    """Return the rows of the pins that count, by node: those of nodes that stand outside of containers."""
    rows = await queries.pins(session, workflow_id)
    return {
        row.node_id: row
        for row in rows
        if row.node_id in dependencies.nodes and dependencies.nodes[row.node_id].parent is None
    }


async def _pinned(session: AsyncSession, workflow_id: str, dependencies: Dependencies) -> dict[str, str]:
    found = await pins(session, workflow_id, dependencies)
    return {node_id: pin.fingerprint for node_id, pin in found.items()}
