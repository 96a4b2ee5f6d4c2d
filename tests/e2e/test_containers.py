"""Maps and loops in a browser: drawn with the mouse, run, and looked at pass by pass."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.drawing import centre, open_new, open_workflow, place, set_field, wire
from tests.e2e.stack import Stack, finished


def step(name: str, value: Any, x: int, y: int, parent: str | None = None) -> dict[str, Any]:
    """Return a transform of a document."""
    place = {"x": x, "y": y}
    return {"id": name, "type": "transform", "config": {"value": value}, "position": place, "parent": parent}


NESTED = {
    "format": "workbench/1",
    "name": "Orders",
    "nodes": [
        {"id": "each", "type": "map", "config": {"items": [7, 0, 3, 0], "on_item_error": "collect"}},
        step("share", "{{ 21 // item }}", 24, 88, "each"),
        {"id": "again", "type": "loop", "parent": "each", "position": {"x": 360, "y": 88},
         "config": {"maximum": 3, "result": "{{ nodes.count.output }}"}},
        step("count", "{{ nodes.share.output }} at {{ index }}", 24, 88, "again"),
        step("apart", 1, 0, 460),
    ],
    "edges": [{"source": "share", "target": "again"}],
}  # fmt: skip


async def create(stack: Stack) -> str:
    """Store NESTED and return the workflow's id."""
    async with stack.api() as api:
        answer = (await api.post("/workflows", json={"document": NESTED})).raise_for_status()
    return str(answer.json()["id"])


async def run(stack: Stack, workflow_id: str) -> str:
    """Run the draft to its end and return the run's id."""
    async with stack.api() as api:
        answer = (await api.post("/runs", json={"workflow_id": workflow_id})).raise_for_status()
        await finished(api, answer.json()["id"])
    return str(answer.json()["id"])


async def stored(stack: Stack, workflow_id: str) -> tuple[dict[str, str | None], set[tuple[str, str]]]:
    """Return the draft's nodes with their containers, and its edges."""
    async with stack.api() as api:
        document = (await api.get(f"/workflows/{workflow_id}")).raise_for_status().json()["document"]
    homes = {node["id"]: node["parent"] for node in document["nodes"]}
    return homes, {(edge["source"], edge["target"]) for edge in document["edges"]}


async def drag(page: Page, node: str, x: float, y: float) -> None:
    """Drag a node by its head to a place of the page, and wait until it is saved."""
    revision = await page.get_by_test_id("saved").get_attribute("data-revision")
    assert revision
    box = await page.get_by_test_id(f"node-{node}").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 60, box["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 90, box["y"] + 40, steps=3)
    await page.mouse.move(x, y, steps=8)
    await page.mouse.up()
    await expect(page.get_by_test_id("saved")).not_to_have_attribute("data-revision", revision)


async def test_a_map_is_drawn_with_its_body_run_and_its_failed_pass_found(page: Page) -> None:
    await open_new(page)
    await place(page, "map", 60, 60)
    await place(page, "transform", 120, 190)
    await place(page, "transform", 60, 520)
    await set_field(page, "map", "items", "[4, 0, 2]")
    await set_field(page, "transform", "value", "{{ 12 // item }}")
    await set_field(page, "transform_2", "value", "{{ nodes.map.output.results }}")
    await page.get_by_test_id("node-map").get_by_text("Map").first.click()
    await page.locator('[id="input-config.on_item_error"]').select_option("collect")
    await expect(page.get_by_test_id("problem-count")).to_have_count(0)
    await page.get_by_test_id("run").click()
    await expect(page.get_by_test_id("tally-map")).to_have_text("3 of 3 · 1 failed")
    await expect(page.get_by_test_id("pass-map")).to_have_value("2")
    await expect(page.get_by_test_id("status-transform")).to_have_attribute("data-status", "failed")
    await page.get_by_test_id("pass-next-map").click()
    await expect(page.get_by_test_id("pass-map")).to_have_value("3")
    await expect(page.get_by_test_id("preview-transform")).to_have_text("6")
    await expect(page.get_by_test_id("pass-next-map")).to_be_disabled()


async def test_a_node_moves_into_a_container_and_out_and_undo_brings_its_edge_back(
    page: Page, stack: Stack
) -> None:
    workflow_id = await create(stack)
    await open_workflow(page, workflow_id)
    frame = await page.get_by_test_id("node-each").bounding_box()
    assert frame
    await drag(page, "apart", frame["x"] + 80, frame["y"] + frame["height"] - 30)
    assert (await stored(stack, workflow_id))[0]["apart"] == "each"
    await drag(page, "share", frame["x"] + 60, frame["y"] + frame["height"] + 160)
    homes, edges = await stored(stack, workflow_id)
    assert (homes["share"], edges) == (None, set())
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_test_id("edge-share-again")).to_be_attached()
    assert await stored(stack, workflow_id) == ({**homes, "share": "each"}, {("share", "again")})


async def test_a_container_is_deleted_with_its_body_and_undo_brings_both_back(
    page: Page, stack: Stack
) -> None:
    await open_workflow(page, await create(stack))
    await page.get_by_test_id("node-each").get_by_text("each", exact=True).click()
    await page.keyboard.press("Delete")
    await expect(page.locator(".react-flow__node")).to_have_count(1)
    await page.get_by_test_id("undo").click()
    await expect(page.locator(".react-flow__node")).to_have_count(5)
    await expect(page.get_by_test_id("edge-share-again")).to_be_attached()


async def test_an_edge_across_the_border_is_refused_with_the_way_that_there_is(
    page: Page, stack: Stack
) -> None:
    workflow_id = await create(stack)
    await open_workflow(page, workflow_id)
    await wire(page, "apart-out", "share-in")
    await expect(page.get_by_text("Where the data is needed, name it")).to_be_visible()
    assert (await stored(stack, workflow_id))[1] == {("share", "again")}


async def test_a_run_is_looked_at_pass_by_pass_and_a_reload_keeps_the_place(page: Page, stack: Stack) -> None:
    run_id = await run(stack, await create(stack))
    await page.goto(f"/runs/{run_id}")
    await expect(page.get_by_test_id("tally-each")).to_have_text("4 of 4 · 2 failed")
    await expect(page.get_by_test_id("pass-each")).to_have_value("2")
    await page.get_by_test_id("pass-failed-each").click()
    await expect(page.get_by_test_id("pass-each")).to_have_value("4")
    await page.get_by_test_id("pass-previous-each").click()
    await expect(page.get_by_test_id("preview-count")).to_have_text("7 at 2")
    await page.get_by_test_id("pass-previous-again").click()
    await expect(page.get_by_test_id("preview-count")).to_have_text("7 at 1")
    await page.reload()
    await expect(page.get_by_test_id("preview-count")).to_have_text("7 at 1")
    await expect(page.get_by_test_id("pass-each")).to_have_value("3")


async def test_the_list_of_passes_leads_to_the_failed_ones_and_to_their_output(
    page: Page, stack: Stack
) -> None:
    run_id = await run(stack, await create(stack))
    await page.goto(f"/runs/{run_id}")
    await page.get_by_test_id("drawer-passes").click()
    rows = page.get_by_test_id("pass-list").locator("li")
    await expect(rows).to_have_count(4)
    await page.get_by_test_id("passes-failed-only").click()
    await expect(rows).to_have_count(2)
    await page.get_by_test_id("pass-row-3").click()
    await expect(page.get_by_test_id("pass-each")).to_have_value("4")
    await page.get_by_test_id("node-share").click(position={"x": 60, "y": 14})
    await expect(page.get_by_test_id("output-pass")).to_have_text("Pass each 4")
    await expect(page.get_by_test_id("node-error")).to_contain_text("21 // 0")


async def test_an_ended_run_goes_on_from_a_pass_in_a_run_of_its_own(page: Page, stack: Stack) -> None:
    run_id = await run(stack, await create(stack))
    await page.goto(f"/runs/{run_id}")
    await page.get_by_test_id("drawer-passes").click()
    await page.get_by_test_id("pass-row-2").click()
    await expect(page.get_by_test_id("passes-restart")).to_have_text("Start again from pass 3")
    await page.get_by_test_id("passes-restart").click()
    await expect(page).not_to_have_url(re.compile(run_id))
    await expect(page.get_by_test_id("forked-from")).to_have_attribute("href", f"/runs/{run_id}")
    await expect(page.get_by_test_id("tally-each")).to_have_text("4 of 4 · 2 failed")
    await page.get_by_test_id("drawer-passes").click()
    rows = page.get_by_test_id("pass-list").locator("li")
    await expect(rows).to_have_count(2)  # only what ran in this run

    await page.get_by_test_id("passes-retry").click()
    await expect(page.get_by_test_id("forked-from")).not_to_have_attribute("href", f"/runs/{run_id}")
    await expect(page.get_by_test_id("tally-each")).to_have_text("4 of 4 · 2 failed")


async def test_on_a_phone_a_run_with_a_container_can_be_read(page: Page, stack: Stack) -> None:
    run_id = await run(stack, await create(stack))
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/runs/{run_id}")
    await page.get_by_test_id("drawer-passes").click()
    await page.get_by_test_id("pass-row-2").click()
    await expect(page.get_by_test_id("pass-each")).to_have_value("3")
    x, _ = await centre(page.get_by_test_id("pass-each"))
    assert 0 < x < 390


async def test_a_frame_is_pulled_larger_by_its_corner_and_undo_takes_it_back(
    page: Page, stack: Stack
) -> None:
    workflow_id = await create(stack)
    await open_workflow(page, workflow_id)
    await page.get_by_test_id("node-each").click(position={"x": 60, "y": 14})
    await expect(page.get_by_test_id("inspector")).to_have_attribute("data-node", "each")
    await page.get_by_test_id("canvas-fit").click()
    await page.wait_for_timeout(400)  # the view moves for 160 ms
    revision = await page.get_by_test_id("saved").get_attribute("data-revision")
    assert revision
    x, y = await centre(page.get_by_test_id("grip-each"))
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 30, y + 60, steps=6)
    await page.mouse.up()
    await expect(page.get_by_test_id("saved")).not_to_have_attribute("data-revision", revision)
    assert await size_of_each(stack, workflow_id)
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_test_id("undo")).to_be_disabled()
    assert await size_of_each(stack, workflow_id) is None


async def size_of_each(stack: Stack, workflow_id: str) -> dict[str, float] | None:
    async with stack.api() as api:
        document = (await api.get(f"/workflows/{workflow_id}")).raise_for_status().json()["document"]
    sizes = {node["id"]: node.get("size") for node in document["nodes"]}
    found: dict[str, float] | None = sizes["each"]
    return found


async def test_a_cell_inside_runs_its_container_and_says_why_it_cannot_be_pinned(
    page: Page, stack: Stack
) -> None:
    await open_workflow(page, await create(stack))
    await page.get_by_test_id("node-share").click(position={"x": 60, "y": 14})
    tools = page.get_by_test_id("tools-share")
    await expect(tools.get_by_test_id("pin")).to_be_disabled()
    await expect(tools.get_by_test_id("pin")).to_have_attribute("title", re.compile("pin “each”"))
    await tools.get_by_test_id("part-node").click()
    await expect(page.get_by_test_id("tally-each")).to_contain_text("4 of 4")
