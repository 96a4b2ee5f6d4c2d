"""The notebook over HTTP: parts of a draft, pins, forks and comparisons."""

from typing import Any

import httpx
import pytest

from tests.workbench.api.test_runs import ended, start, workflow

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def doubled() -> dict[str, Any]:
    """A document that doubles a number twice."""
    steps = [("once", "{{ inputs.n * 2 }}"), ("twice", "{{ nodes.once.output * 2 }}")]
    nodes = [{"id": name, "type": "transform", "config": {"value": value}} for name, value in steps]
    properties = {"n": {"type": "integer", "default": 1}}
    return {
        "format": "workbench/1",
        "name": "Doubled",
        "inputs": {"type": "object", "properties": properties},
        "outputs": {"result": "{{ nodes.twice.output }}"},
        "nodes": nodes,
        "edges": [],
    }


async def run_part(api: httpx.AsyncClient, workflow_id: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/workflows/{workflow_id}/notebook/runs", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/runs/{answer.json()['id']}"
    return await ended(api, answer.json()["id"])


async def test_a_part_of_a_draft_is_run_and_read(api: httpx.AsyncClient, doubled: dict[str, Any]) -> None:
    workflow_id = await workflow(api, doubled)
    first = await run_part(api, workflow_id, what="all")
    second = await run_part(api, workflow_id, what="node", node="twice")
    assert second["test"] is True
    reused = {node["node_id"]: node["origin"] for node in second["nodes"] if node["origin"]}
    assert reused == {"once": {"kind": "reused", "run_id": first["id"]}}

    found = (await api.get(f"/workflows/{workflow_id}/notebook")).json()
    assert found["inputs"] == {"n": 1}
    assert [(node["node_id"], node["standing"]) for node in found["nodes"]] == [
        ("once", "fresh"),
        ("twice", "fresh"),
    ]


async def test_nothing_left_to_run_is_a_conflict(api: httpx.AsyncClient, doubled: dict[str, Any]) -> None:
    workflow_id = await workflow(api, doubled)
    await run_part(api, workflow_id, what="all")
    answer = await api.post(f"/workflows/{workflow_id}/notebook/runs", json={"what": "stale"})
    assert answer.status_code == 409
    assert "up to date" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"what": "node"},
        {"what": "stale", "node": "once"},
        {"what": "node", "node": "nowhere"},
        {"what": "all", "edits": {"nowhere": 1}},
        {"what": "all", "inputs": {"n": "many"}},
        {"what": "some"},
    ],
    ids=str,
)
async def test_a_part_that_cannot_be_is_refused(
    api: httpx.AsyncClient, doubled: dict[str, Any], body: dict[str, Any]
) -> None:
    workflow_id = await workflow(api, doubled)
    answer = await api.post(f"/workflows/{workflow_id}/notebook/runs", json=body)
    assert answer.status_code == 422
    assert answer.json()["problems"]


async def test_a_value_is_pinned_read_and_taken_away(api: httpx.AsyncClient, doubled: dict[str, Any]) -> None:
    workflow_id = await workflow(api, doubled)
    pin = f"/workflows/{workflow_id}/pins/once"
    assert (await api.put(pin, json={"value": 21})).json()["preview"] == "21"
    assert (await api.get(pin)).json()["value"] == 21
    run = await run_part(api, workflow_id, what="all")
    assert run["outputs"] == {"result": 42}

    assert (await api.delete(pin)).status_code == 204
    assert (await api.get(f"/workflows/{workflow_id}/pins")).json() == []
    assert (await api.get(pin)).status_code == 404


async def test_a_run_is_forked_and_compared(api: httpx.AsyncClient, doubled: dict[str, Any]) -> None:
    workflow_id = await workflow(api, doubled)
    first = await run_part(api, workflow_id, what="all")
    answer = await api.post(f"/runs/{first['id']}/fork", json={"edits": {"once": 5}})
    assert answer.status_code == 201, answer.text
    second = await ended(api, answer.json()["id"])
    assert second["outputs"] == {"result": 10}
    assert second["trigger"] == {"type": "fork", "id": first["id"], "run_id": None}

    forks = (await api.get(f"/runs/{first['id']}/forks")).json()["items"]
    assert [run["id"] for run in forks] == [second["id"]]
    found = (await api.get(f"/runs/{first['id']}/compare/{second['id']}")).json()
    assert [(node["node_id"], node["difference"]) for node in found["nodes"]] == [
        ("once", "changed"),
        ("twice", "changed"),
    ]
    assert found["outputs"] == [
        {"path": "result", "pointer": "/result", "kind": "changed", "before": 4, "after": 10}
    ]


@pytest.fixture
def mapped() -> dict[str, Any]:
    """A document that divides by three items, of which the second is 0."""
    each = {"items": [1, 0, 2], "on_item_error": "collect", "result": "{{ nodes.share.output }}"}
    share = {"id": "share", "type": "transform", "parent": "each", "config": {"value": "{{ 6 // item }}"}}
    nodes = [{"id": "each", "type": "map", "config": each}, share]
    outputs = {"results": "{{ nodes.each.output.results }}"}
    return {"format": "workbench/1", "name": "Shares", "outputs": outputs, "nodes": nodes, "edges": []}


@pytest.mark.parametrize(
    ("way", "body", "acted"),
    [("retry-failed", None, [1]), ("restart", {"at": 1}, [1, 2]), ("restart", {"at": 0}, [0, 1, 2])],
    ids=str,
)
async def test_a_map_goes_on_in_a_run_of_its_own(
    api: httpx.AsyncClient, mapped: dict[str, Any], way: str, body: Any, acted: list[int]
) -> None:
    first = await ended(api, (await start(api, await workflow(api, mapped)))["id"])
    answer = await api.post(f"/runs/{first['id']}/nodes/each/{way}", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/runs/{answer.json()['id']}"

    second = await ended(api, answer.json()["id"])
    assert second["trigger"] == {"type": "fork", "id": first["id"], "run_id": None}
    assert second["outputs"] == first["outputs"] == {"results": [6, None, 3]}
    passes = (await api.get(f"/runs/{second['id']}/nodes/each/passes")).json()["items"]
    assert [one["index"] for one in passes] == acted


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("nowhere/retry-failed", None),
        ("share/restart", {"at": 0}),
        ("each/restart", {"at": -1}),
        ("each/restart", {}),
        ("each/restart", {"at": 1, "more": 1}),
    ],
    ids=str,
)
async def test_what_cannot_go_on_is_refused(
    api: httpx.AsyncClient, mapped: dict[str, Any], way: str, body: Any
) -> None:
    first = await ended(api, (await start(api, await workflow(api, mapped)))["id"])
    answer = await api.post(f"/runs/{first['id']}/nodes/{way}", json=body)
    assert answer.status_code == 422, answer.text


async def test_nothing_that_failed_and_no_such_run_are_told_apart(
    api: httpx.AsyncClient, mapped: dict[str, Any]
) -> None:
    mapped["nodes"][0]["config"]["items"] = [1, 2]
    first = await ended(api, (await start(api, await workflow(api, mapped)))["id"])
    for run, status in ((first["id"], 409), ("nowhere", 404)):
        answer = await api.post(f"/runs/{run}/nodes/each/retry-failed")
        assert answer.status_code == status, answer.text


async def test_a_media_type_that_is_none_is_refused(api: httpx.AsyncClient, doubled: dict[str, Any]) -> None:
    workflow_id = await workflow(api, doubled)
    answer = await api.put(f"/workflows/{workflow_id}/pins/once", json={"value": 1, "media_type": "a\x00b"})
    assert answer.status_code == 422, answer.text


async def test_a_name_that_utf_8_cannot_hold_is_refused(
    api: httpx.AsyncClient, doubled: dict[str, Any]
) -> None:
    workflow_id = await workflow(api, doubled)
    body = b'{"what": "node", "node": "\\ud800"}'
    answer = await api.post(
        f"/workflows/{workflow_id}/notebook/runs", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert "no node" in answer.json()["detail"]


async def test_a_run_that_there_is_not_has_no_forks_to_list(api: httpx.AsyncClient) -> None:
    answer = await api.get("/runs/01980000-0000-7000-8000-000000000000/forks")
    assert answer.status_code == 404
