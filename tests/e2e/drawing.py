"""What a person's hands do in the editor: drop a node, draw an edge, fill in a field."""

import re

from playwright.async_api import Locator, Page, expect


async def open_new(page: Page) -> None:
    """Make an empty workflow and wait for its canvas."""
    await page.goto("/")
    await page.get_by_test_id("new-workflow").first.click()
    await page.wait_for_url("**/workflows/*")
    await page.get_by_test_id("canvas").wait_for()


async def open_workflow(page: Page, workflow_id: str) -> None:
    """Open a workflow and wait until its nodes are drawn."""
    await page.goto(f"/workflows/{workflow_id}")
    await page.locator(".react-flow__node").first.wait_for()


async def place(page: Page, kind: str, x: int, y: int) -> None:
    """Drag a node type from the palette, drop it at a place on the canvas and wait until it is there."""
    canvas, nodes = page.locator(".react-flow"), page.locator(".react-flow__node")
    before = await nodes.count()
    await page.get_by_test_id(f"palette-{kind}").drag_to(canvas, target_position={"x": x, "y": y})
    await expect(nodes).to_have_count(before + 1)


async def wire(page: Page, source: str, target: str) -> None:
    """Draw an edge from one port to another (`node-port`) with the mouse."""
    start = await centre(page.get_by_test_id(f"handle-{source}"))
    end = await centre(page.get_by_test_id(f"handle-{target}"))
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=5)
    await page.mouse.move(*end, steps=5)
    await page.mouse.up()


async def centre(locator: Locator) -> tuple[float, float]:
    """Return the middle of what a locator finds, in page pixels."""
    await locator.wait_for()
    box = await locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def select(page: Page, node: str) -> None:
    """Select a node by its head and wait for its form."""
    await page.get_by_test_id(f"node-{node}").click(position={"x": 60, "y": 14})
    await expect(page.get_by_test_id("inspector")).to_have_attribute("data-node", node)


def field(page: Page, name: str) -> Locator:
    """Return the box of a field of the selected node's settings."""
    return page.locator(f'[id="input-config.{name}"]')


async def set_field(page: Page, node: str, name: str, value: str) -> None:
    """Select a node, fill in one field of its form, leave it and wait until it is saved."""
    await select(page, node)
    revision = await page.get_by_test_id("saved").get_attribute("data-revision")
    assert revision
    box = field(page, name)
    await box.fill(value)
    await box.blur()
    await expect(page.get_by_test_id("saved")).not_to_have_attribute("data-revision", revision)
    await expect(page.get_by_test_id("saved")).to_have_text(re.compile("Saved"))
