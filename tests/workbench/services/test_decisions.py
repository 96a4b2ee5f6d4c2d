"""A step that failed waits for somebody; what they decide is checked, taken once, and remembered."""

import asyncio
import json
from typing import Any

import pytest

from engine.graph import Document
from tests.engine import documents as d
from tests.engine.web import as_json, web_server
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import runs, workflows
from workbench.services.decisions import Asked, decide
from workbench.services.shapes import NodeRun, RunDetail

pytestmark = pytest.mark.usefixtures("worker")
REFUSED = "http://127.0.0.1:9/"


def asking(url: str = REFUSED) -> Document:
    """A document whose one request pauses when it fails."""
    return d.document(
        d.start(),
        d.http("fetch", url, policy={"on_error": "pause"}),
        d.output("n", "{{ nodes.fetch.output.n }}"),
        edges=("start > fetch", "fetch > n"),
    )


async def paused(principal: Principal, document: Document | None = None) -> str:
    """Start a run and wait until its request waits for a decision."""
    workflow = await workflows.create_workflow(principal, document=document or asking())
    run_id = (await runs.start_run(principal, workflow_id=workflow.id, inputs={})).id
    await reached(principal, run_id, "waiting")
    return run_id


async def reached(principal: Principal, run_id: str, *statuses: str) -> RunDetail:
    async with asyncio.timeout(60):
        while (run := await runs.get_run(principal, run_id)).status not in statuses:
            await asyncio.sleep(0.05)
    return run


def fetch(run: RunDetail) -> NodeRun:
    return next(node for node in run.nodes if node.node_id == "fetch")


async def test_a_paused_step_shows_its_error(principal: Principal) -> None:
    run_id = await paused(principal)
    node = fetch(await runs.get_run(principal, run_id))
    assert node.error is not None
    assert (node.status, node.error.kind, node.decision) == ("waiting", "http.connection", None)


async def test_an_output_that_is_supplied_lets_the_run_go_on(principal: Principal) -> None:
    run_id = await paused(principal)
    await decide(principal, run_id, "fetch", Asked("output", 1, output={"n": 3}, reason="known by heart"))
    run = await reached(principal, run_id, "succeeded", "failed")
    assert run.outputs == {"n": 3}
    made = fetch(run).decision
    assert made is not None
    assert (made.action, made.by, made.reason) == ("output", principal.id, "known by heart")


async def test_a_retry_with_other_settings(principal: Principal) -> None:
    async with web_server() as web:
        web.replies["/"] = as_json({"n": 4})
        run_id = await paused(principal)
        await decide(principal, run_id, "fetch", Asked("retry", 1, config={"url": f"{web.url}/"}))
        run = await reached(principal, run_id, "succeeded", "failed")
    assert (run.outputs, fetch(run).attempt) == ({"n": 4}, 2)


async def test_a_step_that_fails_again_waits_again(principal: Principal) -> None:
    run_id = await paused(principal)
    await decide(principal, run_id, "fetch", Asked("retry", 1))
    async with asyncio.timeout(60):
        while fetch(await runs.get_run(principal, run_id)).attempt == 1:
            await asyncio.sleep(0.05)
    await reached(principal, run_id, "waiting")
    with pytest.raises(Conflict, match="failed again"):
        await decide(principal, run_id, "fetch", Asked("abort", 1))
    await decide(principal, run_id, "fetch", Asked("abort", 2))
    assert (await reached(principal, run_id, "succeeded", "failed")).status == "failed"


async def test_who_comes_second_is_told_by_whom_it_was_decided(principal: Principal) -> None:
    run_id = await paused(principal)
    await decide(principal, run_id, "fetch", Asked("output", 1, output={"n": 3}))
    await reached(principal, run_id, "succeeded", "failed")
    with pytest.raises(Conflict, match=f"{principal.id} decided output"):
        await decide(principal, run_id, "fetch", Asked("skip", 1))


async def test_of_many_at_once_one_is_taken(principal: Principal) -> None:
    run_id = await paused(principal)
    asked = [decide(principal, run_id, "fetch", Asked("output", 1, output={"n": n})) for n in range(4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    taken = [n for n, answer in enumerate(answers) if isinstance(answer, NodeRun)]
    run = await reached(principal, run_id, "succeeded", "failed")
    assert run.outputs == {"n": taken[0]}
    assert len(taken) == 1


@pytest.mark.parametrize(
    "asked",
    [
        Asked("retry", 1, config={"url": "ftp://a"}),
        Asked("retry", 1, config={"colour": "red"}),
        Asked("output", 1, port="nowhere"),
    ],
)
async def test_what_does_not_fit_the_step_is_refused(principal: Principal, asked: Asked) -> None:
    run_id = await paused(principal)
    with pytest.raises(Invalid):
        await decide(principal, run_id, "fetch", asked)


async def test_only_who_may_see_the_run_decides(principal: Principal) -> None:
    run_id = await paused(principal)
    stranger: Any = somebody("Bob")
    with pytest.raises(NotFound):
        await decide(stranger, run_id, "fetch", Asked("skip", 1))


async def test_a_cancelled_run_takes_no_decision(principal: Principal) -> None:
    run_id = await paused(principal)
    await runs.cancel_run(principal, run_id)
    await reached(principal, run_id, "cancelled")
    with pytest.raises(Conflict):
        await decide(principal, run_id, "fetch", Asked("retry", 1))


@pytest.mark.parametrize(
    "output", ["\ud800", {"\ud800": 1}, json.loads("[" * 500 + "]" * 500)], ids=["text", "key", "depth"]
)
async def test_an_output_that_no_run_can_carry_is_refused(principal: Principal, output: Any) -> None:
    run_id = await paused(principal)
    with pytest.raises(Invalid, match="cannot be used"):
        await decide(principal, run_id, "fetch", Asked("output", 1, output=output))


@pytest.mark.parametrize(
    ("node", "config"),
    [
        (d.each("fetch", "{{ inputs.gone }}"), {"items": [{"n": 4}]}),
        (
            d.node("fetch", "switch", {"cases": [{"name": "a", "when": "{{ inputs.gone }}"}]}),
            {"cases": [{"name": "a", "when": "{{ true }}"}]},
        ),
        (d.transform("fetch", "{{ inputs.gone }}"), {"value": {"n": 4}}),
    ],
    ids=["map", "switch", "transform"],
)
async def test_a_step_that_the_run_itself_executes_is_tried_again_with_other_settings(
    principal: Principal, node: dict[str, Any], config: dict[str, Any]
) -> None:
    inner = d.inside("fetch", d.transform("inner", "{{ item }}")) if node["type"] == "map" else ()
    run_id = await paused(principal, d.document({**node, "policy": {"on_error": "pause"}}, *inner))
    await decide(principal, run_id, "fetch", Asked("retry", 1, config=config))
    run = await reached(principal, run_id, "succeeded", "failed")
    assert (run.status, fetch(run).attempt) == ("succeeded", 2)


async def test_what_the_passes_of_a_map_give_is_not_changed_in_a_run(principal: Principal) -> None:
    map_ = {**d.each("fetch", "{{ inputs.gone }}"), "policy": {"on_error": "pause"}}
    run_id = await paused(principal, d.document(map_, *d.inside("fetch", d.transform("inner"))))
    with pytest.raises(Invalid) as refused:
        await decide(principal, run_id, "fetch", Asked("retry", 1, config={"result": "{{ item }}"}))
    assert [problem.field for problem in refused.value.problems] == ["config.result"]
