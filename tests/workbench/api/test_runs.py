"""`/runs` over HTTP: started, watched, read and stopped, on the real engine."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from workbench.services import events
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")


async def workflow(api: httpx.AsyncClient, document: dict[str, Any]) -> str:
    answer = await api.post("/workflows", json={"document": document})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def start(api: httpx.AsyncClient, workflow_id: str, **more: Any) -> dict[str, Any]:
    answer = await api.post("/runs", json={"workflow_id": workflow_id, **more})
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = answer.json()
    return started


async def watch(api: httpx.AsyncClient, run_id: str, last: str | None = None) -> list[dict[str, Any]]:
    """Return the events of a run until its stream ends, as `{"event", "id", "data"}`."""
    headers = {"Last-Event-ID": last} if last else {}
    answer = await api.get(f"/runs/{run_id}/events", headers=headers)
    assert answer.status_code in (200, 204), answer.text
    found = []
    for block in answer.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append({**fields, "data": json.loads(fields["data"])})
    return found


async def ended(api: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    await watch(api, run_id)
    run: dict[str, Any] = (await api.get(f"/runs/{run_id}")).json()
    return run


def waiting(document: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
    pause = {"id": "pause", "type": "delay", "config": {"seconds": seconds}}
    edges = [{"source": "start", "target": "pause"}]
    return {**document, "nodes": [*document["nodes"], pause], "edges": edges}


async def test_a_run_is_started_watched_and_read(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    started = await start(api, await workflow(api, hello), inputs={"name": "Ada"})
    assert started["status"] == "queued"

    seen = await watch(api, started["id"])
    assert seen[-1]["event"] == "run"
    assert seen[-1]["data"]["run"]["status"] == "succeeded"
    assert {event["data"]["node"]["node_id"] for event in seen if event["event"] == "node"} == {"start"}

    run = (await api.get(f"/runs/{started['id']}")).json()
    assert (run["status"], run["error"]) == ("succeeded", None)
    assert run["inputs"] == {"name": "Ada", "mark": "!"}
    assert run["outputs"] == {"greeting": "Hello, Ada!"}
    assert [(node["node_id"], node["status"]) for node in run["nodes"]] == [("start", "succeeded")]
    output = (await api.get(f"/runs/{started['id']}/nodes/start/output")).json()
    assert output["value"] == {"name": "Ada", "mark": "!"}


async def test_a_run_keeps_its_document_while_the_draft_moves_on(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id = await workflow(api, hello)
    run = await start(api, workflow_id, inputs={"name": "Ada"})
    await api.put(f"/workflows/{workflow_id}/draft", json={"revision": 1, "document": {**hello, "nodes": []}})
    document = (await api.get(f"/runs/{run['id']}/document")).json()
    assert [node["id"] for node in document["nodes"]] == ["start"]
    assert (await ended(api, run["id"]))["version_hash"] == run["version_hash"]


async def test_which_version_runs(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    workflow_id = await workflow(api, hello)
    unpublished = await api.post("/runs", json={"workflow_id": workflow_id, "version": "live"})
    assert unpublished.status_code == 422
    snapshot = await start(api, workflow_id, inputs={"name": "Ada"})
    await api.post(f"/workflows/{workflow_id}/publish")
    draft = {**hello, "outputs": {"greeting": "Goodbye"}}
    await api.put(f"/workflows/{workflow_id}/draft", json={"revision": 1, "document": draft})

    default = await start(api, workflow_id, inputs={"name": "Ada"})
    numbered = await start(api, workflow_id, inputs={"name": "Ada"}, version=1)
    edited = await start(api, workflow_id, inputs={"name": "Ada"}, version="draft")
    assert [run["version"] for run in (snapshot, default, numbered, edited)] == [None, 1, 1, None]
    assert (await ended(api, default["id"]))["outputs"] == {"greeting": "Hello, Ada!"}
    assert (await ended(api, edited["id"]))["outputs"] == {"greeting": "Goodbye"}
    assert (await api.post("/runs", json={"workflow_id": workflow_id, "version": 9})).status_code == 404


async def test_all_wrong_inputs_are_named_and_nothing_runs(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    hello["inputs"]["properties"]["tags"] = {"type": "array", "items": {"type": "string"}}
    workflow_id = await workflow(api, hello)
    inputs = {"mark": 5, "tags": ["a", 1]}
    answer = await api.post("/runs", json={"workflow_id": workflow_id, "inputs": inputs})

    assert answer.status_code == 422
    fields = {problem["field"] for problem in answer.json()["problems"]}
    assert fields == {"inputs.name", "inputs.mark", "inputs.tags[1]"}
    assert (await api.get("/runs", params={"workflow_id": workflow_id})).json()["items"] == []


@pytest.mark.parametrize(
    "value",
    ["[" * 101 + "]" * 101, "[" * 500 + "]" * 500, '"\\ud800"', "NaN", "1e999"],
    ids=lambda value: value[:8],
)
async def test_inputs_that_no_run_can_carry_are_refused(
    api: httpx.AsyncClient, hello: dict[str, Any], value: str
) -> None:
    workflow_id = await workflow(api, {**hello, "outputs": {}, "inputs": {}})
    body = f'{{"workflow_id": "{workflow_id}", "inputs": {{"name": {value}}}}}'
    answer = await api.post("/runs", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "input-unfit")


async def test_a_pattern_cannot_keep_the_workbench_busy(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    pattern = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^(a+)+$"}}}
    workflow_id = await workflow(api, {**hello, "outputs": {}, "inputs": pattern})
    inputs = {"name": "a" * 50 + "!"}
    answer = await api.post("/runs", json={"workflow_id": workflow_id, "inputs": inputs})
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "inputs.name")


async def test_a_document_with_problems_is_not_run(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    hello["nodes"].append({"id": "fetch", "type": "http", "config": {}})
    answer = await api.post(
        "/runs", json={"workflow_id": await workflow(api, hello), "inputs": {"name": "A"}}
    )
    assert answer.status_code == 422
    assert {problem["node"] for problem in answer.json()["problems"]} == {"fetch"}


async def test_runs_are_listed_newest_first_page_by_page(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    first, second = await workflow(api, hello), await workflow(api, hello)
    runs = [await start(api, first, inputs={"name": str(number)}) for number in range(3)]
    other = await start(api, second, inputs={"name": "B"})
    ids = [run["id"] for run in (*runs, other)]

    page = (await api.get("/runs", params={"limit": 3})).json()
    rest = (await api.get("/runs", params={"limit": 3, "cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in page["items"] + rest["items"]] == ids[::-1]
    of_first = (await api.get("/runs", params={"workflow_id": first})).json()["items"]
    assert [item["id"] for item in of_first] == ids[2::-1]

    for run_id in ids:
        await ended(api, run_id)
    assert (await api.get("/runs", params={"status": "failed"})).json()["items"] == []
    assert len((await api.get("/runs", params={"status": "succeeded"})).json()["items"]) == 4


async def test_watching_resumes_after_the_last_event_and_repeats_nothing(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    run = await start(api, await workflow(api, waiting(hello, 0.2)), inputs={"name": "Ada"})
    whole = await watch(api, run["id"])
    again = await watch(api, run["id"])
    assert again[-1]["data"]["run"]["status"] == "succeeded"

    resumable = [event["id"] for event in whole if event.get("id")]
    rest = await watch(api, run["id"], resumable[0])
    place = [event.get("id") for event in whole].index(resumable[0])
    assert [event["data"] for event in rest] == [event["data"] for event in whole[place + 1 :]]
    assert await watch(api, run["id"], whole[-1]["id"]) == []


async def test_watching_works_from_the_rows_when_the_stream_is_gone(
    api: httpx.AsyncClient, hello: dict[str, Any], resources: Resources
) -> None:
    run = await start(api, await workflow(api, hello), inputs={"name": "Ada"})
    whole = await watch(api, run["id"])
    await resources.redis.delete(events.stream_of(run["id"]))

    for last in (None, whole[-1]["id"], "not an id"):
        seen = await watch(api, run["id"], last)
        assert [event["event"] for event in seen] == ["node", "run"]
        assert seen[-1]["data"]["run"]["status"] == "succeeded"


async def test_a_waiting_run_is_cancelled(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    run = await start(api, await workflow(api, waiting(hello)), inputs={"name": "Ada"})
    watching = asyncio.create_task(watch(api, run["id"]))
    while (await api.get(f"/runs/{run['id']}")).json()["status"] != "waiting":
        await asyncio.sleep(0.05)

    assert (await api.post(f"/runs/{run['id']}/cancel")).status_code == 202
    assert (await watching)[-1]["data"]["run"]["status"] == "cancelled"

    done = (await api.get(f"/runs/{run['id']}")).json()
    assert {node["node_id"]: node["status"] for node in done["nodes"]}["pause"] == "cancelled"
    again = await api.post(f"/runs/{run['id']}/cancel")
    assert (again.status_code, again.json()["status"]) == (202, "cancelled")


async def test_an_output_that_is_not_there_is_not_found(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    run = await start(api, await workflow(api, hello), inputs={"name": "Ada"})
    await ended(api, run["id"])
    assert (await api.get(f"/runs/{run['id']}/nodes/nobody/output")).status_code == 404
    assert (await api.get(f"/runs/{run['id']}/nodes/start/artifact")).status_code == 404


async def test_large_and_odd_outputs_come_back_whole(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    inputs = {"name": "x" * 200_000 + "\x00 \U0001f600", "mark": ""}
    run = await start(api, await workflow(api, hello), inputs=inputs)
    done = await ended(api, run["id"])
    assert done["inputs"] == inputs
    assert done["outputs"]["greeting"] == f"Hello, {inputs['name']}"
    [node] = done["nodes"]
    assert node["output_bytes"] > 200_000
    assert len(node["preview"]) <= 2_000
    output = (await api.get(f"/runs/{run['id']}/nodes/start/output")).json()
    assert output["value"] == inputs


async def test_options_are_given_in_the_body_and_shown(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    workflow_id = await workflow(api, hello)
    asked = {"priority": 2, "deadline": 60, "labels": {"env": "prod"}, "budget": {"steps": 9}}
    started = await start(api, workflow_id, inputs={"name": "Ada"}, idempotency_key="order-1", **asked)
    run = await ended(api, started["id"])
    assert (run["priority"], run["labels"], run["budget"]["steps"]) == (2, {"env": "prod"}, 9)
    assert run["trigger"] == {"type": "api", "id": None, "run_id": None}
    assert (await start(api, workflow_id, inputs={"name": "Ada"}, idempotency_key="order-1"))["id"] == run[
        "id"
    ]

    answer = await api.post(
        "/runs", json={"workflow_id": workflow_id, "inputs": {"name": "Bob"}, "idempotency_key": "order-1"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_runs_are_listed_by_label(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    workflow_id = await workflow(api, hello)
    run = await start(api, workflow_id, inputs={"name": "Ada"}, labels={"env": "prod:eu"})
    await start(api, workflow_id, inputs={"name": "Ada"})
    found = (await api.get("/runs", params={"label": ["env:prod:eu"]})).json()["items"]
    assert [item["id"] for item in found] == [run["id"]]
    assert (await api.get("/runs?label=prod")).status_code == 422


async def test_runs_are_listed_by_what_started_them(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    workflow_id = await workflow(api, hello)
    run = await start(api, workflow_id, inputs={"name": "Ada"})
    asked = {"workflow_id": workflow_id}
    by_api = (await api.get("/runs", params={**asked, "trigger": "api"})).json()["items"]
    by_hook = (await api.get("/runs", params={**asked, "trigger": "webhook"})).json()["items"]
    assert ([item["id"] for item in by_api], by_hook) == ([run["id"]], [])


async def test_a_run_past_its_deadline_is_cancelled_and_says_so(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    run = await start(api, await workflow(api, waiting(hello)), inputs={"name": "Ada"}, deadline=0.5)
    late = await ended(api, run["id"])
    assert (late["status"], late["error"]["kind"]) == ("cancelled", "deadline")


async def test_a_decision_about_a_step_that_does_not_wait_is_refused(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow = (await api.post("/workflows", json={"document": hello})).json()
    run = (await api.post("/runs", json={"workflow_id": workflow["id"], "inputs": {"name": "A"}})).json()
    answer = await api.post(f"/runs/{run['id']}/nodes/start/decide", json={"action": "skip", "attempt": 1})
    assert answer.status_code in (404, 409)


async def test_a_run_that_used_up_its_budget_waits_and_goes_on_with_a_larger_one(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    limits = {"steps": 1, "on_reached": "pause"}
    document = {**waiting(hello, seconds=0.1), "limits": limits}
    run = await start(api, await workflow(api, document), inputs={"name": "Ada"})
    while (held := (await api.get(f"/runs/{run['id']}")).json())["status"] != "waiting" or not held["error"]:
        await asyncio.sleep(0.05)
    assert held["error"]["kind"] == "budget"
    assert (await api.put(f"/runs/{run['id']}/budget", json={"steps": 2})).json()["budget"]["steps"] == 2
    done = await ended(api, run["id"])
    assert (done["status"], done["error"]) == ("succeeded", None)
    assert (await api.put(f"/runs/{run['id']}/budget", json={"steps": 3})).status_code == 409


async def test_a_run_is_terminated_over_http(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    run = await start(api, await workflow(api, waiting(hello)), inputs={"name": "Ada"})
    answer = await api.post(f"/runs/{run['id']}/terminate")
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert answer.json()["error"]["kind"] == "terminated"
