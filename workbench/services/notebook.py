"""A draft as a notebook: which outputs hold, and running a part of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine.fingerprints import Dependencies
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import seeds as queries
from workbench.services import documents, pins, run_shapes, runs, seeds_part, workflows
from workbench.services.access import requires
from workbench.services.beginnings import Part
from workbench.services.inputs import with_defaults
from workbench.services.resources import get_resources
from workbench.services.run_options import NOTHING_ASKED, RunOptions
from workbench.services.shapes import NodeStanding, Notebook, RunDetail
from workbench.services.standing import What


@requires(Action.WORKFLOWS_READ)
async def read(principal: Principal, workflow_id: str, *, inputs: dict[str, Any] | None = None) -> Notebook:
    """Return how the draft's nodes stand with `inputs`: those of the latest test run, where none are given.

    Works on unfinished drafts too. Nodes inside containers are left out, and nodes that wait for each other.
    """

    async def query(session: AsyncSession) -> Notebook:
        row = await workflows.require(session, principal, workflow_id)
        document = await documents.load(row.document)
        values = await _inputs(session, principal, workflow_id, document, inputs)
        dependencies = Dependencies(document)
        pinned = await seeds_part.pins(session, workflow_id, dependencies)
        own = {node_id: pin.fingerprint for node_id, pin in pinned.items()}
        now = await seeds_part.present(session, workflow_id, principal.id, dependencies, values, own)
        found = tuple(
            _standing(node_id, now, pinned) for node_id in dependencies.order if node_id in now.standings.of
        )
        return Notebook(revision=row.revision, inputs=values, nodes=found)

    return await get_resources().read(query)


@requires(Action.RUNS_START)
async def run(
    principal: Principal,
    workflow_id: str,
    *,
    what: What,
    node: str = "",
    inputs: dict[str, Any] | None = None,
    edits: Mapping[str, Any] | None = None,
    options: RunOptions = NOTHING_ASKED,
) -> RunDetail:
    """Run a part of the draft, with the inputs of the latest test run where none are given.

    `node`: this node; `to`: all that it needs and itself, as far as that does not hold; `from`: this node and
    all that follows; `stale`: all that does not hold; `all`: everything. What else is needed is reused from
    older runs where it holds. `edits` are outputs to try, by node.

    Raises Invalid as `runs.start_run` does, and Conflict when nothing is left to run.
    """
    if inputs is None:
        inputs = (await read(principal, workflow_id)).inputs
    part = Part(what, node, dict(edits or {}))
    return await runs.start_run(
        principal, workflow_id=workflow_id, inputs=inputs, version="draft", options=options, beginning=part
    )


async def _inputs(
    session: AsyncSession,
    principal: Principal,
    workflow_id: str,
    document: Document,
    given: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return the inputs that are meant: as given, as in the latest test run, or the sample of the schema."""
    if given is None:
        given = await queries.latest_inputs(session, workflow_id=workflow_id, owner=principal.id)
    if given is None:
        samples = document.inputs.get("examples")
        first = samples[0] if isinstance(samples, list) and samples else {}
        given = first if isinstance(first, dict) else {}
    return with_defaults(document.inputs, given)


def _standing(node_id: str, now: seeds_part.Present, pinned: Mapping[str, Any]) -> NodeStanding:
    row, pin = now.rows.get(node_id), pinned.get(node_id)
    return NodeStanding(
        node_id=node_id,
        standing=now.standings.of[node_id],
        fingerprint=now.fingerprints[node_id],
        run_id=row.made_by if row else None,
        latest=run_shapes.node_run(row).model_copy(update={"node_id": row.made_as}) if row else None,
        pin=pins.shape(pin) if pin else None,
    )
