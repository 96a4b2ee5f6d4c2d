"""Maps and loops that go on from an older run: only what is left acts again."""

import asyncio
from typing import Any

import pytest

from engine.graph import Document, Edge, Node, Policy
from tests.e2e.witness import Witness
from tests.workbench.services.chains import Draft, draft_of, origins
from workbench.auth.principal import Principal
from workbench.errors import Conflict, Invalid
from workbench.services import forks, notebook, runs
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("worker")

RESULTS = ["/one/1", "/one/2", "/one/3"]


def mapped(url: str, **config: Any) -> Document:
    """`before` leads to a map that asks for each of three items, and `after` reads its results."""
    items = {"items": "{{ [1, 2, 3] }}", "result": "{{ nodes.one.output.path }}", **config}
    return Document(
        name="Each",
        outputs={"results": "{{ nodes.each.output.results }}"},
        nodes=[
            Node(id="before", type="http", config={"url": f"{url}/before"}),
            Node(id="each", type="map", config=items),
            Node(id="one", type="http", parent="each", config={"url": f"{url}/one/{{{{ item }}}}"}),
            Node(id="after", type="http", config={"url": f"{url}/after"}),
        ],
        edges=[Edge(source="before", target="each"), Edge(source="each", target="after")],
    )


def paged(url: str) -> Document:
    """The same of a map over pages: each one names the next."""
    following = "{{ (item or 1) + 1 if (item or 1) < 3 else none }}"
    document = mapped(url, over="pages", next=following, items=None)
    document.nodes[2].config["url"] = f"{url}/one/{{{{ item or 1 }}}}"
    return document


def looped(url: str, result: str) -> Document:
    body = Node(id="one", type="http", parent="again", config={"url": f"{url}/one/{{{{ index }}}}"})
    config = {"maximum": 4, "initial": "0", "result": result}
    outputs = {"last": "{{ nodes.again.output }}"}
    return Document(name="Again", outputs=outputs, nodes=[Node(id="again", type="loop", config=config), body])


async def retried(draft: Draft, run: RunDetail) -> RunDetail:
    started = await forks.retry_failed(draft.principal, run.id, node="each")
    return await draft.ended(started.id)


async def restarted(draft: Draft, run: RunDetail, node: str, at: int) -> RunDetail:
    return await draft.ended((await forks.restart(draft.principal, run.id, node=node, at=at)).id)


@pytest.mark.parametrize("on_item_error", ["fail", "collect", "skip"])
async def test_only_the_failed_items_of_a_map_are_retried(
    principal: Principal, witness: Witness, on_item_error: str
) -> None:
    document = mapped(witness.url, on_item_error=on_item_error, concurrency=1)
    witness.failing = {"/one/2"}
    draft = await draft_of(principal, document)
    first = await draft.run()
    witness.seen.clear()
    witness.failing = set()

    run = await retried(draft, first)
    assert run.outputs == {"results": RESULTS}, run.error
    assert witness.seen["/one/2"] == 1
    assert {"/before", "/one/1"}.isdisjoint(witness.seen)
    assert witness.seen["/one/3"] == (1 if on_item_error == "fail" else 0)  # it had not begun then
    assert origins(run) == {"before": ("reused", first.id)}
    assert (run.trigger.type, run.trigger.id) == ("fork", first.id)


async def test_what_the_older_run_did_not_come_to_runs_at_the_second_retry(
    principal: Principal, witness: Witness
) -> None:
    witness.failing = {"/one/2"}
    draft = await draft_of(principal, mapped(witness.url, concurrency=1))
    second = await retried(draft, await draft.run())
    witness.failing = set()
    run = await retried(draft, second)
    assert {node.node_id for node in run.nodes} == {"before", "each", "after"}
    assert witness.seen["/after"] == 1


async def test_a_map_without_failures_has_nothing_to_retry(principal: Principal, witness: Witness) -> None:
    draft = await draft_of(principal, mapped(witness.url))
    with pytest.raises(Conflict, match="No item"):
        await retried(draft, await draft.run())


async def test_a_map_restarts_at_a_pass(principal: Principal, witness: Witness) -> None:
    draft = await draft_of(principal, mapped(witness.url))
    first = await draft.run()
    witness.seen.clear()
    run = await restarted(draft, first, "each", 2)
    assert run.outputs == {"results": RESULTS}
    assert dict(witness.seen) == {"/one/3": 1, "/after": 1}


@pytest.mark.parametrize("at", [1, 2])
async def test_a_map_over_pages_restarts_at_a_page(principal: Principal, witness: Witness, at: int) -> None:
    draft = await draft_of(principal, paged(witness.url))
    first = await draft.run()
    assert first.outputs == {"results": RESULTS}, first.error
    witness.seen.clear()
    run = await restarted(draft, first, "each", at)
    assert run.outputs == {"results": RESULTS}
    assert dict(witness.seen) == {**dict.fromkeys(RESULTS[at:], 1), "/after": 1}


@pytest.mark.parametrize("result", ["{{ nodes.one.output.path }}", "{{ last }}{{ index }}"])
async def test_a_loop_restarts_at_a_pass(principal: Principal, witness: Witness, result: str) -> None:
    draft = await draft_of(principal, looped(witness.url, result))
    first = await draft.run()
    assert first.status == "succeeded", first.error
    witness.seen.clear()
    run = await restarted(draft, first, "again", 2)
    assert run.outputs == first.outputs
    assert dict(witness.seen) == {"/one/2": 1, "/one/3": 1}


async def test_a_null_that_an_older_run_gave_is_a_result(principal: Principal, witness: Witness) -> None:
    document = mapped(witness.url, result="{{ none }}", concurrency=1)
    witness.failing = {"/one/2"}
    draft = await draft_of(principal, document)
    second = await retried(draft, await draft.run())
    witness.failing = set()
    witness.seen.clear()
    run = await retried(draft, second)
    assert run.outputs == {"results": [None, None, None]}, run.error
    assert dict(witness.seen) == {"/one/2": 1, "/one/3": 1, "/after": 1}


@pytest.mark.parametrize("result", ["{{ nodes.one.output.path }}", "{{ last }}{{ index }}"])
@pytest.mark.parametrize("at", [2, 3])
async def test_a_loop_restarts_in_a_run_that_began_at_a_pass(
    principal: Principal, witness: Witness, result: str, at: int
) -> None:
    draft = await draft_of(principal, looped(witness.url, result))
    first = await draft.run()
    second = await restarted(draft, first, "again", 2)
    witness.seen.clear()
    run = await restarted(draft, second, "again", at)
    assert run.outputs == first.outputs
    assert dict(witness.seen) == {f"/one/{index}": 1 for index in range(at, 4)}


async def test_the_pages_of_a_run_that_began_at_one_restart(principal: Principal, witness: Witness) -> None:
    draft = await draft_of(principal, paged(witness.url))
    second = await restarted(draft, await draft.run(), "each", 1)
    witness.seen.clear()
    run = await restarted(draft, second, "each", 2)
    assert run.outputs == {"results": RESULTS}
    assert dict(witness.seen) == {"/one/3": 1, "/after": 1}


async def test_a_map_whose_first_page_failed_begins_afresh(principal: Principal, witness: Witness) -> None:
    witness.failing = {"/one/1"}
    draft = await draft_of(principal, paged(witness.url))
    first = await draft.run()
    witness.failing = set()
    assert (await retried(draft, first)).outputs == {"results": RESULTS}


async def test_a_pass_that_never_was_is_refused(principal: Principal, witness: Witness) -> None:
    draft = await draft_of(principal, looped(witness.url, "{{ index }}"))
    first = await draft.run()
    with pytest.raises(Conflict, match="no pass 9"):
        await forks.restart(draft.principal, first.id, node="again", at=9)


def halting(document: Document) -> Document:
    """The same, but that the third pass takes a while: long enough to cancel the run in it."""
    asking = next(node for node in document.nodes if node.id == "one")
    asking.config["url"] += "?wait={{ 2 if index == 2 else 0 }}"
    long = asking.model_copy(update={"policy": Policy(timeout_s=30)})  # a cancellation waits for a short one
    nodes = [long if node is asking else node for node in document.nodes]
    return document.model_copy(update={"nodes": nodes})


async def cancelled(draft: Draft, witness: Witness, last: str = "/one/3") -> RunDetail:
    """Run the draft, and cancel it as soon as it asks for `last`."""
    run = await notebook.run(draft.principal, draft.id, what="all")
    async with asyncio.timeout(20):
        while not witness.seen[last]:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    await runs.cancel_run(draft.principal, run.id)
    witness.seen.clear()
    return await draft.ended(run.id)


@pytest.mark.parametrize("make", [mapped, paged])
async def test_a_cancelled_map_restarts_at_the_pass_that_was_cut_off(
    principal: Principal, witness: Witness, make: Any
) -> None:
    document = halting(make(witness.url))
    document.nodes[1].config["concurrency"] = 1
    draft = await draft_of(principal, document)
    run = await restarted(draft, await cancelled(draft, witness), "each", 2)
    assert run.outputs == {"results": RESULTS}, run.error
    assert dict(witness.seen) == {"/one/3": 1, "/after": 1}


@pytest.mark.parametrize("over", ["items", "pages"])
async def test_a_run_that_began_at_a_pass_and_was_cancelled_restarts_once_more(
    principal: Principal, witness: Witness, over: str
) -> None:
    document = halting(mapped(witness.url) if over == "items" else paged(witness.url))
    document.nodes[1].config["concurrency"] = 1
    draft = await draft_of(principal, document)
    second = await forks.restart(principal, (await cancelled(draft, witness)).id, node="each", at=1)
    while not witness.seen["/one/3"]:
        await asyncio.sleep(0.02)
    await runs.cancel_run(principal, second.id)
    await draft.ended(second.id)
    witness.seen.clear()
    run = await restarted(draft, await runs.get_run(principal, second.id), "each", 2)
    assert run.outputs == {"results": RESULTS}, run.error
    assert dict(witness.seen) == {"/one/3": 1, "/after": 1}


async def test_failures_that_a_cancelled_map_had_gone_on_from_are_known(
    principal: Principal, witness: Witness
) -> None:
    document = halting(mapped(witness.url, on_item_error="collect", concurrency=1))
    witness.failing = {"/one/1"}
    draft = await draft_of(principal, document)
    first = await cancelled(draft, witness)
    run = await restarted(draft, first, "each", 2)
    assert run.outputs == {"results": [None, *RESULTS[1:]]}, run.error
    witness.failing = set()
    assert (await retried(draft, first)).outputs == {"results": RESULTS}


async def test_a_pass_that_gave_nothing_cannot_be_left_behind(principal: Principal, witness: Witness) -> None:
    document = mapped(witness.url, items="{{ [1, 2, 3, 4] }}", concurrency=1)
    draft = await draft_of(principal, halting(document))
    first = await cancelled(draft, witness)
    with pytest.raises(Conflict, match="Pass 3 of 'each' gave no result"):
        await forks.restart(principal, first.id, node="each", at=3)


async def test_a_cancelled_loop_restarts_where_it_was_cut_off_and_not_behind(
    principal: Principal, witness: Witness
) -> None:
    document = halting(looped(witness.url, "{{ last }}{{ index }}"))
    draft = await draft_of(principal, document)
    first = await cancelled(draft, witness, "/one/2")
    with pytest.raises(Conflict, match="Pass 3 of 'again' gave no result"):
        await forks.restart(principal, first.id, node="again", at=3)
    run = await restarted(draft, first, "again", 2)
    assert run.outputs == {"last": "00123"}
    assert dict(witness.seen) == {"/one/2": 1, "/one/3": 1}


@pytest.mark.parametrize("on_item_error", ["fail", "collect", "skip"])
async def test_the_pass_behind_the_last_is_refused(
    principal: Principal, witness: Witness, on_item_error: str
) -> None:
    witness.failing = {"/one/2"} if on_item_error != "fail" else set()
    draft = await draft_of(principal, mapped(witness.url, on_item_error=on_item_error))
    first = await draft.run()
    with pytest.raises(Conflict, match="no pass 4"):
        await forks.restart(principal, first.id, node="each", at=3)


async def test_the_page_or_the_turn_behind_the_last_is_refused(
    principal: Principal, witness: Witness
) -> None:
    for document, node, at in ((paged(witness.url), "each", 3), (looped(witness.url, "1"), "again", 4)):
        draft = await draft_of(principal, document)
        first = await draft.run()
        with pytest.raises(Conflict, match=f"no pass {at + 1}"):
            await forks.restart(principal, first.id, node=node, at=at)


async def test_a_map_that_a_failed_pass_ended_does_not_restart_behind_that(
    principal: Principal, witness: Witness
) -> None:
    witness.failing = {"/one/1"}
    draft = await draft_of(principal, mapped(witness.url))
    first = await draft.run()
    with pytest.raises(Conflict, match="Pass 1 of 'each' gave no result"):
        await forks.restart(principal, first.id, node="each", at=2)


@pytest.mark.parametrize("node", ["before", "one", "nowhere"])
async def test_only_containers_have_passes(principal: Principal, witness: Witness, node: str) -> None:
    draft = await draft_of(principal, mapped(witness.url))
    first = await draft.run()
    with pytest.raises(Invalid, match="no map"):
        await forks.retry_failed(draft.principal, first.id, node=node)
