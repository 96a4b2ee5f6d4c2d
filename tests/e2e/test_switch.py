"""A switch in the editor: its ports come from its own cases, and edges follow a case that is renamed."""

from playwright.async_api import Page, expect

from tests.e2e.stack import Stack

CASES = [{"name": "big", "when": "{{ inputs.n > 9 }}"}, {"name": "small", "when": "{{ inputs.n > 1 }}"}]
DOCUMENT = {
    "format": "workbench/1",
    "name": "Ways",
    "inputs": {"type": "object", "properties": {"n": {"type": "integer", "title": "N"}}},
    "nodes": [
        {"id": "way", "type": "switch", "config": {"cases": CASES}},
        {"id": "end", "type": "transform", "config": {"value": 1}, "position": {"x": 400, "y": 0}},
    ],
    "edges": [{"source": "way", "source_port": "big", "target": "end"}],
}


async def opened(page: Page, stack: Stack) -> None:
    """Open the document in the editor with the switch selected."""
    async with stack.api() as api:
        answer = await api.post("/workflows", json={"document": DOCUMENT})
        await page.goto(f"/workflows/{answer.raise_for_status().json()['id']}")
    await page.get_by_test_id("node-way").click()
    await expect(page.get_by_test_id("field-config.cases")).to_be_visible()


async def test_every_case_is_a_port_and_a_new_one_appears(page: Page, stack: Stack) -> None:
    await opened(page, stack)
    for port in ("big", "small", "default"):
        await expect(page.get_by_test_id(f"handle-way-{port}")).to_be_attached()
    cases = page.get_by_test_id("field-config.cases")
    await cases.get_by_role("button", name="Add").click()
    await cases.get_by_label("Name").nth(2).fill("tiny")
    await cases.get_by_label("When").nth(2).fill("{{ true }}")
    await expect(page.get_by_test_id("handle-way-tiny")).to_be_attached()


async def test_an_edge_follows_a_case_that_is_renamed_or_moved(page: Page, stack: Stack) -> None:
    await opened(page, stack)
    cases = page.get_by_test_id("field-config.cases")
    await cases.get_by_label("Name").nth(0).fill("huge")
    await expect(page.get_by_test_id("handle-way-huge")).to_be_attached()
    await expect(page.get_by_test_id("edge-way-end")).to_be_attached()
    await expect(page.get_by_test_id("problems-way")).to_have_count(0)
    await cases.get_by_role("button", name="Move small up").click()
    await expect(page.locator("[data-testid^=handle-way-]").nth(1)).to_have_attribute("data-name", "small")
    await expect(page.get_by_test_id("edge-way-end")).to_be_attached()
