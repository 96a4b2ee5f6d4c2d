"""A step that failed waits in the inbox: its error, its input, what to do about it; so does a used budget."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.stack import Stack, finished
from tests.e2e.witness import Witness


async def started(stack: Stack, document: dict[str, Any], **more: Any) -> str:
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document})).raise_for_status().json()["id"]
        run = await api.post("/runs", json={"workflow_id": workflow, **more})
    return str(run.raise_for_status().json()["id"])


def asking(witness: Witness, path: str) -> dict[str, Any]:
    """Return a document whose one request waits for somebody when it fails."""
    witness.failing.add(path)
    config = {"method": "GET", "url": f"{witness.url}{path}?wait=0"}
    node = {"id": "fetch", "type": "http", "title": f"Fetch {path}", "config": config}
    return {
        "format": "workbench/1",
        "name": "Asks a server",
        "nodes": [{**node, "policy": {"on_error": "pause"}}],
        "outputs": {"path": "{{ nodes.fetch.output.path }}"},
    }


async def opened(page: Page, title: str) -> None:
    await page.goto("/inbox")
    await page.get_by_role("link", name=title).first.click()
    await expect(page.get_by_test_id("failure")).to_be_visible()


async def outcome(stack: Stack, run_id: str) -> dict[str, Any]:
    async with stack.api() as api:
        return await finished(api, run_id)


async def test_it_is_tried_again_with_other_input(page: Page, stack: Stack, witness: Witness) -> None:
    run_id = await started(stack, asking(witness, "/first"))
    await opened(page, "Fetch /first failed")
    await expect(page.get_by_test_id("failure")).to_contain_text("500")
    await expect(page.get_by_test_id("input")).to_contain_text("/first")
    await page.get_by_test_id("write-retry").click()
    settings = page.get_by_label("Settings for the next try")
    text = await settings.input_value()
    await settings.fill('{"url": ')
    await page.get_by_test_id("decide-retry").click()
    await expect(page.get_by_role("alert")).to_contain_text("is no JSON")
    await settings.fill(text.replace("/first", "/second"))
    await page.get_by_test_id("decide-retry").click()
    assert (await outcome(stack, run_id))["outputs"] == {"path": "/second"}


async def test_its_output_is_supplied(page: Page, stack: Stack, witness: Witness) -> None:
    run_id = await started(stack, asking(witness, "/third"))
    await opened(page, "Fetch /third failed")
    await page.get_by_test_id("write-output").click()
    await page.get_by_label("Output in its place").fill('{"path": "by hand"}')
    await page.get_by_test_id("decide-output").click()
    assert (await outcome(stack, run_id))["outputs"] == {"path": "by hand"}


async def test_a_decision_at_the_run_closes_the_task(page: Page, stack: Stack, witness: Witness) -> None:
    run_id = await started(stack, asking(witness, "/fourth"))
    await opened(page, "Fetch /fourth failed")
    address = page.url
    async with stack.api() as api:
        skip = {"action": "skip", "attempt": 1}
        (await api.post(f"/runs/{run_id}/nodes/fetch/decide", json=skip)).raise_for_status()
    await page.goto(address)
    await expect(page.get_by_test_id("outcome")).to_contain_text("Decided: skipped.")


async def test_a_used_up_budget_is_raised(page: Page, stack: Stack, witness: Witness) -> None:
    steps = [{"id": f"s{n}", "type": "http", "config": {"method": "GET", "url": witness.url}} for n in (1, 2)]
    edges = [{"source": "s1", "target": "s2"}]
    document = {"format": "workbench/1", "name": "Two steps", "nodes": steps, "edges": edges}
    run_id = await started(stack, document, budget={"steps": 1, "on_reached": "pause"})
    await opened(page, "A run of Two steps has used up its budget")
    await page.get_by_test_id("decide-raise").click()
    assert (await outcome(stack, run_id))["status"] == "succeeded"
