"""Running parts of a draft on the real engine: a witness counts which steps really acted."""

import pytest

from engine.client import EngineClient
from engine.contracts import NodeRecord, Origin, Plan, RecordBatch, RunRequest
from engine.errors import NotATest
from engine.graph import Document, Edge, Node, Policy
from tests.e2e.witness import Witness
from tests.people import somebody
from tests.workbench.services.chains import Draft, chain, draft_of, origins
from workbench.auth.principal import Principal
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import drafts, notebook, pins, runs, workflows
from workbench.services.operations import Rename
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")


async def test_after_a_whole_run_every_output_holds(draft: Draft) -> None:
    assert set((await draft.standings()).values()) == {"fresh"}


async def test_a_node_runs_and_what_it_needs_is_reused(draft: Draft, witness: Witness) -> None:
    first = (await notebook.read(draft.principal, draft.id)).nodes[0].run_id
    run = await draft.run("node", "c")
    assert (run.status, dict(witness.seen)) == ("succeeded", {"/c": 1})
    assert origins(run) == {"b": ("reused", first)}
    assert {node.node_id for node in run.nodes} == {"b", "c"}


async def test_what_follows_something_newer_is_stale(draft: Draft) -> None:
    await draft.run("node", "b")
    assert await draft.standings() == {"a": "fresh", "b": "fresh", "c": "stale", "d": "fresh", "end": "stale"}


async def test_a_changed_node_is_run_again_with_what_leads_from_it(draft: Draft, witness: Witness) -> None:
    await draft.change("b", url=f"{witness.url}/other")
    assert await draft.standings() == {"a": "fresh", "b": "stale", "c": "stale", "d": "fresh", "end": "stale"}

    run = await draft.run("to", "c")
    assert dict(witness.seen) == {"/other": 1, "/c": 1}
    assert origins(run).keys() == {"a"}
    assert await draft.standings() == {"a": "fresh", "b": "fresh", "c": "fresh", "d": "fresh", "end": "stale"}


async def test_an_undone_change_finds_the_older_output_again(draft: Draft, witness: Witness) -> None:
    await draft.change("b", url=f"{witness.url}/other")
    await draft.run("node", "b")
    await drafts.undo(draft.principal, draft.id)
    assert set((await draft.standings()).values()) == {"fresh"}


async def test_another_id_keeps_the_outputs_of_before(draft: Draft, witness: Witness) -> None:
    made = {node.node_id: node.run_id for node in (await notebook.read(draft.principal, draft.id)).nodes}
    for old, new in (("b", "middle"), ("middle", "center")):
        detail = await workflows.get_workflow(draft.principal, draft.id)
        await drafts.apply(
            draft.principal, draft.id, operation=Rename(id=old, new_id=new), revision=detail.revision
        )
        standings = await draft.standings()
        assert {standings[name] for name in ("a", new, "c", "d")} == {"fresh"}

        run = await draft.run("node", "c")
        assert run.status == "succeeded"
        [reused] = [node for node in run.nodes if node.origin]
        assert (reused.node_id, reused.origin) == (
            new, Origin(kind="reused", run_id=made["b"], node_id="b")
        )  # fmt: skip
    assert dict(witness.seen) == {"/c": 2}

    [center] = [n for n in (await notebook.read(draft.principal, draft.id)).nodes if n.node_id == "center"]
    assert center.run_id
    assert center.latest
    output = await runs.node_output(draft.principal, center.run_id, center.latest.node_id)
    assert output.value["path"] == "/b"
    await pins.pin_output(
        draft.principal, draft.id, "center", run_id=center.run_id, called=center.latest.node_id
    )


async def test_from_a_node_on_everything_that_follows_runs(draft: Draft, witness: Witness) -> None:
    run = await draft.run("from", "b")
    assert dict(witness.seen) == {"/b": 1, "/c": 1}
    assert run.outputs == {"end": "/c"}


async def test_what_is_stale_runs_and_nothing_else(draft: Draft, witness: Witness) -> None:
    await draft.change("d", url=f"{witness.url}/other")
    await draft.run("stale")
    assert dict(witness.seen) == {"/other": 1}
    with pytest.raises(Conflict, match="Nothing has to run"):
        await draft.run("stale")


async def test_what_only_undoes_is_never_stale(principal: Principal, witness: Witness) -> None:
    document = chain(witness.url)
    undo = Node(id="undo", type="http", config={"url": f"{witness.url}/undo"})
    document.nodes[0] = document.nodes[0].model_copy(update={"policy": Policy(compensate="undo")})
    draft = await draft_of(principal, document.model_copy(update={"nodes": [*document.nodes, undo]}))
    assert (await draft.run()).status == "succeeded"
    with pytest.raises(Conflict, match="Nothing has to run"):
        await draft.run("stale")
    assert witness.seen["/undo"] == 0


async def test_other_inputs_are_another_matter(draft: Draft, witness: Witness) -> None:
    await draft.run("to", "b", inputs={"of": "y"})
    assert dict(witness.seen) == {"/a": 1, "/b": 1}
    assert (await notebook.read(draft.principal, draft.id)).inputs == {"of": "y"}
    back = await notebook.read(draft.principal, draft.id, inputs={"of": "x"})
    assert {node.standing for node in back.nodes} == {"fresh"}


async def test_an_output_that_is_never_reused_is_made_anew(principal: Principal, witness: Witness) -> None:
    draft = await draft_of(principal, chain(witness.url, "a"))
    await draft.run()
    await draft.run("node", "b")
    assert dict(witness.seen) == {"/a": 2, "/b": 2, "/c": 1, "/d": 1}


async def test_outputs_reused_twice_name_the_run_that_made_them(draft: Draft) -> None:
    first = (await notebook.read(draft.principal, draft.id)).nodes[0].run_id
    await draft.run("node", "c")
    assert origins(await draft.run("node", "c")) == {"b": ("reused", first)}


async def test_a_failed_node_has_no_output_to_reuse(principal: Principal, witness: Witness) -> None:
    document = chain(witness.url)
    document.nodes[1].config["url"] = "{{ nodes.a.output.nothing }}"
    draft = await draft_of(principal, document)
    assert (await draft.run()).status == "failed"
    await draft.change("b", url=f"{witness.url}/b")
    await draft.run("stale")
    assert witness.seen["/a"] == 1
    assert set((await draft.standings()).values()) == {"fresh"}


async def test_a_branch_that_was_not_taken_stays_so(principal: Principal, witness: Witness) -> None:
    document = Document(
        name="Branch",
        nodes=[
            Node(id="which", type="condition", config={"expression": "{{ true }}"}),
            Node(id="yes", type="http", config={"url": f"{witness.url}/yes"}),
            Node(id="no", type="http", config={"url": f"{witness.url}/no"}),
            Node(id="both", type="merge"),
            Node(id="last", type="transform", config={"value": "{{ nodes.both.output.path }}"}),
        ],
        edges=[
            Edge(source="which", source_port="true", target="yes"),
            Edge(source="which", source_port="false", target="no"),
            Edge(source="yes", target="both"),
            Edge(source="no", target="both"),
        ],
    )
    draft = await draft_of(principal, document)
    await draft.run()
    assert set((await draft.standings()).values()) == {"fresh"}
    run = await draft.run("node", "both")
    assert (run.status, dict(witness.seen)) == ("succeeded", {"/yes": 1})
    assert {node.node_id: node.status for node in run.nodes} == {
        "yes": "succeeded", "no": "skipped", "both": "succeeded",
    }  # fmt: skip


async def test_a_pinned_value_stands_for_its_node(draft: Draft, witness: Witness) -> None:
    await pins.pin_value(draft.principal, draft.id, "b", value={"path": "pinned"})
    assert (await draft.standings())["c"] == "stale"
    run = await draft.run()
    assert dict(witness.seen) == {"/a": 1, "/c": 1, "/d": 1}
    assert origins(run) == {"b": ("pinned", None)}
    output = await runs.node_output(draft.principal, run.id, "b")
    assert output.value == {"path": "pinned"}


async def test_an_output_can_be_pinned_and_unpinned(draft: Draft, witness: Witness) -> None:
    first = (await notebook.read(draft.principal, draft.id)).nodes[1]
    assert first.run_id
    await pins.pin_output(draft.principal, draft.id, first.node_id, run_id=first.run_id)
    assert [pin.run_id for pin in await pins.list_pins(draft.principal, draft.id)] == [first.run_id]

    await pins.unpin(draft.principal, draft.id, first.node_id)
    assert await pins.list_pins(draft.principal, draft.id) == ()
    assert set((await draft.standings()).values()) == {"fresh"}


async def test_a_large_pinned_value_is_kept_whole(draft: Draft) -> None:
    value = {"path": "x" * 100_000}
    await pins.pin_value(draft.principal, draft.id, "b", value=value)
    assert (await pins.read_pin(draft.principal, draft.id, "b")).value == value
    run = await draft.run("node", "c")
    assert (await runs.node_output(draft.principal, run.id, "b")).value == value


async def test_an_edited_value_is_for_one_run(draft: Draft, witness: Witness) -> None:
    run = await draft.run("from", "b", edits={"b": {"path": "tried"}})
    assert dict(witness.seen) == {"/c": 1}
    assert origins(run) == {"b": ("edited", None)}
    assert (await draft.standings())["b"] == "fresh"
    assert (await draft.standings())["c"] == "fresh"  # by the output of before, which still holds


@pytest.mark.parametrize("node", ["nowhere", "end"])
async def test_a_value_needs_a_node_with_an_output(draft: Draft, node: str) -> None:
    with pytest.raises(Invalid):
        await pins.pin_value(draft.principal, draft.id, node, value=1)


async def test_a_node_with_a_value_does_not_run(draft: Draft) -> None:
    await pins.pin_value(draft.principal, draft.id, "b", value=1)
    with pytest.raises(Invalid, match="does not run"):
        await draft.run("node", "b")


async def test_pins_are_their_owners_own(draft: Draft) -> None:
    other = somebody("Eve")
    with pytest.raises(NotFound):
        await pins.pin_value(other, draft.id, "b", value=1)
    with pytest.raises(NotFound):
        await notebook.read(other, draft.id)


async def test_runs_of_a_published_version_know_no_pins(draft: Draft, witness: Witness) -> None:
    """What n8n#30771 is about: a value pinned for testing must never turn up in production."""
    await pins.pin_value(draft.principal, draft.id, "b", value={"path": "pinned"})
    await workflows.publish(draft.principal, draft.id)
    started = await runs.start_run(draft.principal, workflow_id=draft.id, inputs={})
    run = await draft.ended(started.id)
    assert (run.version, run.test, run.status) == (1, False, "succeeded")
    assert dict(witness.seen) == {"/a": 1, "/b": 1, "/c": 1, "/d": 1}
    assert origins(run) == {}


async def test_a_test_run_carries_no_version(draft: Draft) -> None:
    await workflows.publish(draft.principal, draft.id)
    run = await draft.run()
    assert (run.version, run.test) == (None, True)


PINNED = NodeRecord(node_id="b", status="succeeded", output=1, origin=Origin(kind="pinned"))


async def test_the_engine_refuses_a_pinned_value_in_a_run_that_is_no_test(resources: Resources) -> None:
    client: EngineClient = await resources.temporal()
    request = RunRequest(
        run_id="r", plan=Plan(version_hash="0", name="x", steps=()), inputs={}, seed=(PINNED,)
    )
    with pytest.raises(NotATest):
        await client.start(request)
    assert await client.describe("r") == "missing"


async def test_the_records_refuse_a_pinned_value_in_a_run_that_is_no_test(
    draft: Draft, resources: Resources
) -> None:
    await workflows.publish(draft.principal, draft.id)
    published = await runs.start_run(draft.principal, workflow_id=draft.id, inputs={})
    with pytest.raises(NotATest):
        await PostgresRunSink(resources).record(RecordBatch(run_id=published.id, nodes=(PINNED,)))
