"""What is in view when a page opens: beside an inspector that opens with it, and on a phone."""

from playwright.async_api import Page, expect

from tests.e2e.drawing import open_new
from tests.e2e.stack import Stack, finished

PHONE = {"width": 390, "height": 844}
STEPS = ("start", "one", "two")
FAILS = {
    "format": "workbench/1",
    "name": "Fails at its end",
    "nodes": [
        {"id": "start", "type": "input", "position": {"x": 0, "y": 0}},
        {"id": "one", "type": "transform", "position": {"x": 400, "y": 0}, "config": {"value": "1"}},
        {
            "id": "two",
            "type": "transform",
            "position": {"x": 800, "y": 0},
            "config": {"value": "{{ 1 / 0 }}"},
        },
    ],
    "edges": [{"source": "start", "target": "one"}, {"source": "one", "target": "two"}],
}


async def create(stack: Stack) -> str:
    async with stack.api() as api:
        answer = await api.post("/workflows", json={"document": FAILS})
        return str(answer.raise_for_status().json()["id"])


async def test_a_run_opens_with_all_its_cells_beside_the_inspector(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        run = (await api.post("/runs", json={"workflow_id": await create(stack)})).json()
        await finished(api, run["id"])
    await page.goto(f"/runs/{run['id']}")
    await expect(page.get_by_test_id("inspector")).to_have_attribute("data-node", "two")
    for step in STEPS:
        await expect(page.get_by_test_id(f"node-{step}")).to_be_in_viewport(ratio=0.99)
    panel, cell = [await page.get_by_test_id(name).bounding_box() for name in ("panel-inspector", "node-two")]
    assert panel
    assert cell
    assert cell["x"] + cell["width"] < panel["x"]


async def test_an_empty_workflow_on_a_phone_shows_what_to_do_and_its_settings_when_asked(page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await open_new(page)
    await expect(page.get_by_text("Nodes are added on a wider screen.")).to_be_visible()
    await expect(page.get_by_test_id("inspector")).to_be_hidden()
    await page.get_by_test_id("editor-menu").click()
    await page.get_by_role("menuitem", name="Workflow settings").click()
    await expect(page.get_by_test_id("inspector")).to_be_visible()


async def test_a_phone_publishes_from_the_menu(page: Page, stack: Stack) -> None:
    await page.set_viewport_size(PHONE)
    await page.goto(f"/workflows/{await create(stack)}")
    await expect(page.get_by_test_id("undo")).to_be_visible()
    await page.get_by_test_id("editor-menu").click()
    await page.get_by_test_id("menu-publish").click()
    await expect(page.get_by_text("Version 1 is published.")).to_be_visible()
