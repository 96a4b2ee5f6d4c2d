"""Triggers in the whole workbench: a webhook made in the browser, a schedule that goes on, a chain."""

import asyncio
from typing import Any

import httpx
from playwright.async_api import Page, expect

from tests.e2e.drawing import open_workflow
from tests.e2e.stack import Stack, finished


def document(*triggers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a workflow that greets, and what starts it."""
    return {
        "format": "workbench/1",
        "name": "Greeting",
        "inputs": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "examples": [{"name": "Ada"}],
        },
        "outputs": {"said": "Hello, {{ inputs.name }}!"},
        "nodes": [{"id": "start", "type": "input"}],
        "triggers": list(triggers),
        **more,
    }


async def published(api: httpx.AsyncClient, what: dict[str, Any]) -> str:
    created = await api.post("/workflows", json={"document": what})
    workflow_id = str(created.raise_for_status().json()["id"])
    (await api.post(f"/workflows/{workflow_id}/publish")).raise_for_status()
    return workflow_id


async def runs_of(api: httpx.AsyncClient, workflow_id: str, *, count: int) -> list[dict[str, Any]]:
    """Wait until a workflow has run so often and return its runs, the last one first."""
    async with asyncio.timeout(60):
        while True:
            found = list((await api.get("/runs", params={"workflow_id": workflow_id})).json()["items"])
            if len(found) >= count:
                return found
            await asyncio.sleep(0.2)


async def test_a_webhook_is_made_published_and_called(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        created = await api.post("/workflows", json={"document": document()})
        workflow_id = created.raise_for_status().json()["id"]
    await open_workflow(page, workflow_id)
    await page.get_by_test_id("workflow-settings").click()
    await page.get_by_test_id("add-webhook").click()
    card = page.get_by_test_id("trigger-webhook")
    await expect(card.get_by_test_id("trigger-state")).to_contain_text("Not published yet")
    await card.locator('[id="triggers:0:config.answer.mode"]').select_option("wait")
    await expect(card.get_by_test_id("trigger-field-config.answer.body")).to_be_visible()
    await page.get_by_test_id("publish").click()
    await expect(card.get_by_test_id("trigger-state")).to_contain_text("Armed by version 1")
    url = await card.get_by_test_id("trigger-url").inner_text()
    async with httpx.AsyncClient(timeout=60) as caller:
        answer = await caller.post(url, json={"name": "Ada"})
    assert (answer.status_code, answer.json()) == (200, {"said": "Hello, Ada!"})
    await page.get_by_role("button", name="Look again").click()
    await card.get_by_test_id("trigger-runs").get_by_role("link").click()
    await expect(page.get_by_test_id("run-trigger")).to_contain_text("Webhook “webhook”")


async def test_a_schedule_starts_runs_until_it_is_paused_also_over_a_kill(stack: Stack) -> None:
    clock = {
        "id": "clock",
        "type": "schedule",
        "config": {"every_s": 2},
        "inputs": {"name": "{{ trigger.at }}"},
    }
    async with stack.api() as api:
        workflow_id = await published(api, document(clock))
        await runs_of(api, workflow_id, count=2)
    await stack.kill_tree()
    await stack.start()
    async with stack.api() as api:
        before = len(await runs_of(api, workflow_id, count=2))
        found = await runs_of(api, workflow_id, count=before + 2)
        paused = await api.post(f"/workflows/{workflow_id}/triggers/clock/pause")
        for run in found:
            assert (await finished(api, run["id"]))["status"] == "succeeded"
    due = [run["trigger"] for run in found]
    assert all(trigger["type"] == "schedule" for trigger in due)
    assert paused.json()["paused"]


async def test_the_end_of_one_workflow_starts_the_next_and_that_one_the_third(stack: Stack) -> None:
    async with stack.api() as api:
        first = await published(api, document())
        ids = [first]
        for _ in range(2):
            after = {
                "id": "after",
                "type": "workflow_end",
                "config": {"workflow": ids[-1]},
                "inputs": {"name": "{{ trigger.outputs.said }}"},
            }
            ids.append(await published(api, document(after)))
        started = await api.post("/runs", json={"workflow_id": first, "inputs": {"name": "Ada"}})
        [last] = await runs_of(api, ids[-1], count=1)
        run = await finished(api, last["id"])
        [middle] = await runs_of(api, ids[1], count=1)
    assert run["outputs"] == {"said": "Hello, Hello, Hello, Ada!!!"}
    assert run["trigger"]["run_id"] == middle["id"]
    assert middle["trigger"]["run_id"] == started.json()["id"]


async def test_on_a_phone_the_workflows_settings_open(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        created = (await api.post("/workflows", json={"document": document()})).raise_for_status().json()
    await page.set_viewport_size({"width": 390, "height": 844})
    await open_workflow(page, created["id"])
    await page.get_by_test_id("editor-menu").click()
    await page.get_by_text("Workflow settings").click()
    await expect(page.get_by_role("heading", name="Triggers")).to_be_visible()
