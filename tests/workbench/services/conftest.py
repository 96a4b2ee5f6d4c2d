"""Runs that no engine knows: rows to record into."""

from collections.abc import Awaitable, Callable, Iterator

import pytest

from engine.graph import Document, Node
from tests.e2e.witness import Witness
from tests.workbench.services.chains import Draft, chain, draft_of
from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import RunRow
from workbench.services import workflows
from workbench.services.resources import Resources

MakeRun = Callable[..., Awaitable[RunRow]]


@pytest.fixture
def make_run(resources: Resources, principal: Principal) -> MakeRun:
    """Return a function that stores a queued run of the test's own; `columns` override its columns."""
    recorded = Document(name="Recorded", nodes=[Node(id="start", type="input")])

    async def make(document: Document = recorded, **columns: object) -> RunRow:
        workflow = await workflows.create_workflow(principal, document=document)
        async with resources.transaction() as session:
            row = await workflows.require(session, principal, workflow.id)
            version = await workflows.snapshot(session, principal, row, document)
            values = {
                "id": new_id(),
                "workflow_id": workflow.id,
                "workflow_name": workflow.name,
                "version_id": version.id,
                "version_hash": version.content_hash,
                "status": "queued",
                "change": await queries.next_change(session),
                "inputs": {},
                "workspace_id": principal.workspace,
                "started_by": principal.id,
                "created_at": now(),
            }
            run = RunRow(**{**values, **columns})
            session.add(run)
        return run

    return make


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()
    yield witness
    witness.close()


@pytest.fixture
async def draft(worker: None, principal: Principal, witness: Witness) -> Draft:
    """The chain, run once."""
    draft = await draft_of(principal, chain(witness.url))
    run = await draft.run()
    assert run.status == "succeeded", run.error
    witness.seen.clear()
    return draft
