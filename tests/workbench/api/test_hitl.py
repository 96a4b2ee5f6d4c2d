"""The inbox over the API."""

import asyncio
from typing import Any

import httpx

from workbench.services.resources import Resources


async def waiting(api: httpx.AsyncClient) -> dict[str, Any]:
    """Start a run that asks; return its task."""
    document = {
        "format": "workbench/1",
        "name": "Ask",
        "nodes": [
            {"id": "start", "type": "input"},
            {"id": "ask", "type": "approval", "config": {"title": "Pay?", "decisions": ["approve", "edit"]}},
        ],
        "edges": [{"source": "start", "target": "ask"}],
    }
    workflow = (await api.post("/workflows", json={"document": document})).json()
    run = (await api.post("/runs", json={"workflow_id": workflow["id"], "inputs": {}})).json()
    async with asyncio.timeout(60):
        while True:
            for task in (await api.get("/hitl/tasks")).json()["items"]:
                if task["run_id"] == run["id"]:
                    return dict(task)
            await asyncio.sleep(0.05)


async def test_a_task_is_claimed_talked_about_and_decided(api: httpx.AsyncClient, worker: None) -> None:
    path = f"/hitl/tasks/{(await waiting(api))['id']}"
    assert (await api.post(f"{path}/claim")).json()["claimed_by"]
    assert (await api.post(f"{path}/release")).json()["claimed_by"] is None
    said = await api.post(f"{path}/comments", json={"text": "Why?"})
    assert (said.status_code, said.json()["comments"][0]["text"]) == (201, "Why?")
    stale = await api.post(f"{path}/decide", json={"action": "approve", "revision": 2})
    assert (stale.status_code, "edited meanwhile" in stale.json()["detail"]) == (409, True)
    done = await api.post(f"{path}/decide", json={"action": "approve", "revision": 1})
    assert done.json()["outcome"] == "approve"
    again = await api.post(f"{path}/decide", json={"action": "edit", "revision": 1, "value": 1})
    assert again.status_code == 409


async def test_what_is_not_permitted_is_refused_with_the_reason(api: httpx.AsyncClient, worker: None) -> None:
    path = f"/hitl/tasks/{(await waiting(api))['id']}"
    answer = await api.post(f"{path}/decide", json={"action": "reject", "revision": 1})
    assert answer.status_code == 422
    assert "only by: approve, edit" in answer.text
    nobody = await api.post(f"{path}/delegate", json={"to": "no@example.org"})
    assert nobody.status_code == 422
    forged = await api.post(f"{path}/decide", json={"action": "approve", "revision": 1, "by": "eve"})
    assert forged.status_code == 422


async def test_a_task_that_is_not_there_is_404(api: httpx.AsyncClient, resources: Resources) -> None:
    assert (await api.get("/hitl/tasks/nothing")).status_code == 404
    [result] = (
        await api.post("/hitl/tasks/bulk", json={"task_ids": ["nothing"], "action": "approve"})
    ).json()
    assert "no task" in result["error"]


async def test_a_decision_that_is_held_is_undone(api: httpx.AsyncClient, worker: None) -> None:
    path = f"/hitl/tasks/{(await waiting(api))['id']}"
    held = await api.post(f"{path}/decide", json={"action": "approve", "revision": 1, "hold_s": 10})
    assert (held.json()["status"], held.json()["decisions"][0]["status"]) == ("decided", "held")
    undone = await api.post(f"{path}/undo")
    assert (undone.status_code, undone.json()["status"]) == (200, "open")
    assert (await api.post(f"{path}/undo")).status_code == 409
    longer = await api.post(f"{path}/decide", json={"action": "approve", "revision": 1, "hold_s": 11})
    assert longer.status_code == 422


async def test_queues_are_counted_and_tasks_marked_as_seen(api: httpx.AsyncClient, worker: None) -> None:
    task = await waiting(api)
    before = (await api.get("/hitl/tasks/counts")).json()
    marked = await api.post("/hitl/tasks/seen", json={"task_ids": [task["id"]]})
    assert marked.json() == {"marked": 1}
    after = (await api.get("/hitl/tasks/counts")).json()
    assert (before["unread"] - after["unread"], before["asked"] - after["asked"]) == (1, 0)


async def test_a_list_is_searched_narrowed_and_sorted(api: httpx.AsyncClient, worker: None) -> None:
    task = await waiting(api)
    asked = {"search": "pay", "sort": "priority", "kind": "approval", "workflow_id": task["workflow_id"]}
    found = (await api.get("/hitl/tasks", params=asked)).json()
    assert [(one["id"], one["choices"], one["unread"]) for one in found["items"]] == [
        (task["id"], ["approve", "edit"], True)
    ]
    assert (await api.get("/hitl/tasks", params={**asked, "search": "nothing of that"})).json()["items"] == []
    assert (await api.get("/hitl/tasks", params={"sort": "oldest"})).status_code == 422


async def test_lists_are_kept(api: httpx.AsyncClient, resources: Resources) -> None:
    kept = await api.post("/hitl/views", json={"name": "Urgent", "query": "priority=1"})
    assert kept.status_code == 201
    path = f"/hitl/views/{kept.json()['id']}"
    assert (await api.post("/hitl/views", json={"name": "Urgent", "query": ""})).status_code == 409
    assert (await api.patch(path, json={"name": "Now"})).json()["name"] == "Now"
    assert [view["name"] for view in (await api.get("/hitl/views")).json()] == ["Now"]
    assert (await api.delete(path)).status_code == 204
    assert (await api.patch(path, json={"name": "Gone"})).status_code == 404
