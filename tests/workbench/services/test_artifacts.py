"""A file is read by who may see a run that put it out; to name a content is not enough."""

from datetime import UTC, datetime

import pytest

from engine.contracts import NodeRecord, RecordBatch
from engine.graph import Document, Node
from tests.e2e.witness import Witness
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import new_id
from workbench.errors import NotFound
from workbench.services import runs, workflows
from workbench.services.blobs import PostgresBlobStore
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources

NOW = datetime(2030, 1, 1, tzinfo=UTC)


async def put_out(resources: Resources, run_id: str, ref: str) -> None:
    """Let node `a` of the run say that its output is the file `ref`."""
    file = {"$artifact": ref, "media_type": "text/plain", "name": "a.txt", "size": 5}
    done = NodeRecord(node_id="a", status="succeeded", finished_at=NOW, output=file, ports=("out",))
    await PostgresRunSink(resources).record(RecordBatch(run_id=run_id, nodes=(done,)))


async def test_the_file_that_a_step_put_out_is_read(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run()
    await put_out(resources, run.id, await PostgresBlobStore(resources).put(b"hello", run_id=run.id))
    assert await runs.artifact(principal, run.id, "a") == (b"hello", "text/plain", "a.txt")


async def test_a_file_of_another_run_of_ones_own_may_be_passed_on(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    older, newer = await make_run(), await make_run()
    await put_out(resources, newer.id, await PostgresBlobStore(resources).put(b"older", run_id=older.id))
    assert (await runs.artifact(principal, newer.id, "a"))[0] == b"older"


async def test_a_value_that_names_content_of_others_reads_nothing(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    store = PostgresBlobStore(resources)
    foreign = await make_run(workspace_id=new_id())
    secret = f"secret of {foreign.id}".encode()
    for ref in (await store.put(secret, run_id=foreign.id), await store.put(b"no file"), "sha256:\x00", "x"):
        run = await make_run()
        await put_out(resources, run.id, ref)
        with pytest.raises(NotFound):
            await runs.artifact(principal, run.id, "a")


@pytest.mark.usefixtures("worker")
async def test_a_file_that_a_step_fetched_is_read(principal: Principal, resources: Resources) -> None:
    witness = Witness()
    fetch = Node(id="fetch", type="http", config={"url": f"{witness.url}/a.json", "response": "file"})
    workflow = await workflows.create_workflow(principal, document=Document(name="Fetch", nodes=[fetch]))
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={})
    await (await resources.temporal()).result(run.id)
    witness.close()
    assert (await runs.artifact(principal, run.id, "fetch"))[0] == b'{"path": "/a.json"}'
