"""A person draws a workflow with the mouse, runs it and reads every step's output where the step stands."""

from playwright.async_api import Page, expect

from tests.e2e.drawing import open_new, place, set_field, wire
from tests.e2e.witness import Witness


async def test_draw_three_nodes_run_them_and_read_the_output(page: Page, witness: Witness) -> None:
    await open_new(page)
    for kind, x, y in (("http", 60, 60), ("transform", 360, 200), ("output", 120, 400)):
        await place(page, kind, x, y)
    await wire(page, "http-out", "transform-in")
    await wire(page, "transform-out", "output-in")
    await expect(page.locator(".react-flow__edge")).to_have_count(2)
    await set_field(page, "http", "url", f"{witness.url}/feed")
    await set_field(page, "transform", "value", "{{ nodes.http.output.items | length }} entries")
    await set_field(page, "output", "name", "report")
    await set_field(page, "output", "value", "{{ nodes.transform.output }}")
    await page.get_by_test_id("run").click()
    for node in ("http", "transform", "output"):
        await expect(page.get_by_test_id(f"status-{node}")).to_have_attribute("data-status", "succeeded")
    await expect(page.get_by_test_id("preview-transform")).to_contain_text("7 entries")
    await expect(page.get_by_test_id("run-outputs")).to_contain_text("7 entries")
    assert witness.seen["/feed"] == 1
