"""A step that waits, on the run's page: somebody decides about its failure, or sends its event."""

import asyncio
import json
import os
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.stack import Stack


def document(step: dict[str, Any], output: str) -> dict[str, Any]:
    return {
        "format": "workbench/1",
        "name": "Waiting",
        "nodes": [
            step,
            {"id": "behind", "type": "transform", "config": {"value": output}, "position": {"x": 400}},
        ],
        "edges": [{"source": step["id"], "target": "behind"}],
    }


FETCH = {
    "id": "fetch",
    "type": "http",
    "config": {"url": "http://127.0.0.1:9/"},
    "policy": {"on_error": "pause"},
}
PAID = {"id": "paid", "type": "wait_for_event", "config": {"name": "order.paid", "key": "A-17"}}


async def looked_at(page: Page, stack: Stack, step: dict[str, Any], output: str) -> None:
    """Run the document and look at its step on the run's page when it waits."""
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document(step, output)})).json()
        run = (await api.post("/runs", json={"workflow_id": workflow["id"]})).json()
    await page.goto(f"/runs/{run['id']}?node={step['id']}")
    cell = page.get_by_test_id(f"node-{step['id']}")
    await expect(cell).to_have_attribute("data-status", "waiting")
    await cell.click(position={"x": 60, "y": 14})


async def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_a_person_gives_the_output_of_a_step_that_failed(page: Page, stack: Stack) -> None:
    await looked_at(page, stack, FETCH, "{{ nodes.fetch.output.n }}")
    form = page.get_by_test_id("decide")
    await expect(form).to_be_visible()
    await shot(page, "decide")
    await form.get_by_label("Why").fill("known by heart")
    await form.get_by_label("Output in its place").fill(json.dumps({"n": 42}))
    await page.get_by_test_id("decide-output").click()
    await expect(page.get_by_test_id("node-behind")).to_have_attribute("data-status", "succeeded")
    await expect(page.get_by_test_id("preview-behind")).to_have_text("42")
    await expect(form).to_have_count(0)
    await expect(page.get_by_test_id("node-decided")).to_have_text("Owner gave its output: known by heart")


async def test_a_run_that_waits_for_a_decision_opens_at_it(page: Page, stack: Stack) -> None:
    far = {**FETCH, "position": {"x": 4_000, "y": 900}}
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document(far, "")})).json()
        run_id = (await api.post("/runs", json={"workflow_id": workflow["id"]})).json()["id"]
        while (await api.get(f"/runs/{run_id}")).json()["status"] != "waiting":
            await asyncio.sleep(0.1)
    await page.goto(f"/runs/{run_id}")
    await expect(page.get_by_test_id("decide")).to_be_visible()
    await expect(page.get_by_test_id("node-fetch")).to_be_in_viewport(ratio=1)


async def test_a_person_sends_the_event_that_a_step_waits_for(page: Page, stack: Stack) -> None:
    await looked_at(page, stack, PAID, "{{ nodes.paid.output.amount }}")
    await expect(page.get_by_test_id("preview-paid")).to_contain_text("order.paid · A-17")
    await shot(page, "event")
    await page.get_by_test_id("send-event-form").get_by_label("Data").fill(json.dumps({"amount": 7}))
    await page.get_by_test_id("send-event").click()
    await expect(page.get_by_test_id("preview-behind")).to_have_text("7")
