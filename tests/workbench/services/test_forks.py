"""Going on from older runs, and comparing two of them, on the real engine."""

import pytest

from engine.graph import Policy
from tests.e2e.witness import Witness
from tests.people import somebody
from tests.workbench.services.chains import Draft, chain, draft_of, origins
from workbench.auth.principal import Principal
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import comparisons, forks, pins, runs, workflows
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("worker")


async def again(draft: Draft, run: RunDetail, node: str = "", **more: object) -> RunDetail:
    """Go on from a run, to the end."""
    return await draft.ended((await forks.fork(draft.principal, run.id, node=node, **more)).id)  # type: ignore[arg-type]


@pytest.fixture
async def published(draft: Draft, witness: Witness) -> RunDetail:
    """A run of the published chain."""
    await workflows.publish(draft.principal, draft.id)
    started = await runs.start_run(draft.principal, workflow_id=draft.id, inputs={})
    run = await draft.ended(started.id)
    witness.seen.clear()
    return run


async def test_a_run_goes_on_from_a_step(draft: Draft, published: RunDetail, witness: Witness) -> None:
    run = await again(draft, published, "b")
    assert dict(witness.seen) == {"/b": 1, "/c": 1}
    assert origins(run) == {"a": ("reused", published.id), "d": ("reused", published.id)}
    assert (run.outputs, run.version, run.test) == ({"end": "/c"}, 1, False)
    assert (run.trigger.type, run.trigger.id) == ("fork", published.id)


async def test_the_older_run_names_those_that_went_on_from_it(draft: Draft, published: RunDetail) -> None:
    run = await again(draft, published, "c")
    assert [one.id for one in (await runs.list_runs(draft.principal, forked_from=published.id)).items] == [
        run.id
    ]


async def test_it_runs_what_ran_then_whatever_the_draft_is_now(
    draft: Draft, published: RunDetail, witness: Witness
) -> None:
    await draft.change("b", url=f"{witness.url}/other")
    await again(draft, published, "b")
    assert dict(witness.seen) == {"/b": 1, "/c": 1}


async def test_edited_values_make_a_test_run(draft: Draft, published: RunDetail, witness: Witness) -> None:
    run = await again(draft, published, edits={"b": {"path": "tried"}})
    assert dict(witness.seen) == {"/c": 1}
    assert origins(run)["b"] == ("edited", None)
    assert (run.version, run.test) == (None, True)


async def test_other_inputs_run_what_reads_them(draft: Draft, published: RunDetail, witness: Witness) -> None:
    run = await again(draft, published, inputs={"of": "y"})
    assert dict(witness.seen) == {"/a": 1, "/b": 1, "/c": 1, "/d": 1}
    assert run.inputs == {"of": "y"}


async def test_a_run_with_nothing_changed_is_refused(draft: Draft, published: RunDetail) -> None:
    with pytest.raises(Conflict, match="Nothing has to run"):
        await forks.fork(draft.principal, published.id)


async def test_what_failed_runs_again_and_what_was_done_is_kept(
    principal: Principal, witness: Witness
) -> None:
    document = chain(witness.url)
    document.nodes[2].config["url"] = "{{ inputs.of }}"
    draft = await draft_of(principal, document)
    failed = await draft.run(inputs={"of": "no-address"})
    assert failed.status == "failed"
    witness.seen.clear()

    run = await again(draft, failed, "c")
    assert run.status == "failed"
    assert witness.seen.keys().isdisjoint({"/a", "/b"})


async def test_an_error_that_was_gone_on_from_is_taken_over(principal: Principal, witness: Witness) -> None:
    document = chain(witness.url)
    document.nodes[1] = document.nodes[1].model_copy(
        update={"config": {"url": "http://127.0.0.1:1/"}, "policy": Policy(on_error="continue")}
    )
    document.edges[1] = document.edges[1].model_copy(update={"source_port": "error"})
    draft = await draft_of(principal, document)
    first = await draft.run()
    run = await again(draft, first, "c")
    assert run.status == "succeeded", run.error
    assert {node.node_id: node.status for node in run.nodes if node.origin}["b"] == "failed"


async def test_pinned_values_of_a_test_run_stay(draft: Draft, witness: Witness) -> None:
    await pins.pin_value(draft.principal, draft.id, "b", value={"path": "pinned"})
    first = await draft.run()
    await pins.unpin(draft.principal, draft.id, "b")
    witness.seen.clear()

    run = await again(draft, first, "a")
    assert dict(witness.seen) == {"/a": 1, "/d": 1}
    assert origins(run)["b"][0] == "pinned"
    await again(draft, first, "b")
    assert witness.seen["/b"] == 1


async def test_a_part_goes_on_as_a_part(draft: Draft, witness: Witness) -> None:
    part = await draft.run("node", "b")
    witness.seen.clear()
    run = await again(draft, part, "b")
    assert dict(witness.seen) == {"/b": 1}
    assert {node.node_id for node in run.nodes} == {"a", "b"}


async def test_a_run_that_goes_on_is_not_forked(draft: Draft, witness: Witness) -> None:
    await draft.change("a", url=f"{witness.url}/a?wait=5")
    started = await runs.start_run(draft.principal, workflow_id=draft.id, inputs={}, version="draft")
    with pytest.raises(Conflict, match="not ended"):
        await forks.fork(draft.principal, started.id, node="b")
    await runs.cancel_run(draft.principal, started.id)


async def test_a_step_that_is_not_there_is_refused(draft: Draft, published: RunDetail) -> None:
    with pytest.raises(Invalid, match="nowhere"):
        await forks.fork(draft.principal, published.id, node="nowhere")


async def test_two_runs_are_compared_node_by_node(draft: Draft, published: RunDetail) -> None:
    part = await draft.run("node", "c")
    run = await again(draft, published, edits={"b": {"path": "tried"}})

    found = await comparisons.compare(draft.principal, published.id, run.id)
    assert [node.node_id for node in found.nodes] == ["a", "b", "d", "c", "end"]
    assert {node.node_id: node.difference for node in found.nodes} == {
        "a": "same", "b": "changed", "c": "same", "d": "same", "end": "same",
    }  # fmt: skip
    changed = next(node for node in found.nodes if node.node_id == "b")
    assert [(one.path, one.before, one.after) for one in changed.changes] == [("path", "/b", "tried")]

    found = await comparisons.compare(draft.principal, published.id, part.id)
    assert {node.node_id for node in found.nodes if node.difference == "only_before"} == {"a", "d", "end"}
    assert [(one.path, one.before) for one in found.outputs] == [("end", "/c")]


async def test_runs_of_others_are_not_there(published: RunDetail) -> None:
    other = somebody("Eve")
    with pytest.raises(NotFound):
        await forks.fork(other, published.id, node="b")
    with pytest.raises(NotFound):
        await comparisons.compare(other, published.id, published.id)
