"""The editor in a browser: what one does, undoes, gets wrong, shares with another tab, runs and cancels."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.drawing import field, open_new, open_workflow, place, select, set_field, wire
from tests.e2e.stack import Stack, finished

NODE, EDGE = ".react-flow__node", ".react-flow__edge"


def node(id: str, type: str, x: int, **config: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "position": {"x": x, "y": 0}, "config": config}


def document(wait: float = 0) -> dict[str, Any]:
    """Return a workflow of four nodes in a row that asks for a name and greets it, late if told to."""
    return {
        "format": "workbench/1",
        "name": "Greeting",
        "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "nodes": [
            node("start", "input", 0),
            node("wait", "delay", 320, seconds=wait),
            node("greet", "transform", 640, value="Hello, {{ inputs.name }}!"),
            node("done", "output", 960, name="greeting", value="{{ nodes.greet.output }}"),
        ],
        "edges": [
            {"source": source, "target": target}
            for source, target in (("start", "wait"), ("wait", "greet"), ("greet", "done"))
        ],
    }


async def create(stack: Stack, **options: Any) -> str:
    async with stack.api() as api:
        answer = await api.post("/workflows", json={"document": document(**options)})
        return str(answer.raise_for_status().json()["id"])


async def stored(stack: Stack, workflow_id: str) -> dict[str, Any]:
    async with stack.api() as api:
        return dict((await api.get(f"/workflows/{workflow_id}")).json()["document"])


async def ran(stack: Stack, workflow_id: str, name: str) -> str:
    """Run the live version, or the draft, to its end; return the run's id."""
    async with stack.api() as api:
        answer = await api.post("/runs", json={"workflow_id": workflow_id, "inputs": {"name": name}})
        run_id = str(answer.raise_for_status().json()["id"])
        await finished(api, run_id)
    return run_id


def config_of(document: dict[str, Any], id: str) -> dict[str, Any]:
    return next(dict(node["config"]) for node in document["nodes"] if node["id"] == id)


def status(page: Page) -> Locator:
    return page.get_by_test_id("run-bar")


@pytest.fixture
async def workflow(page: Page, stack: Stack) -> str:
    """A greeting workflow, open in the page."""
    workflow_id = await create(stack)
    await open_workflow(page, workflow_id)
    return workflow_id


async def start(page: Page, name: str) -> None:
    """Press Run and answer what the run asks for."""
    await page.get_by_test_id("run").click()
    await page.get_by_label("name").fill(name)
    await page.get_by_test_id("start-run").click()
    await status(page).wait_for()


async def test_undo_and_redo_survive_a_reload(page: Page) -> None:
    await open_new(page)
    await place(page, "transform", 80, 80)
    await page.reload()
    await expect(page.locator(NODE)).to_have_count(1)
    await page.get_by_test_id("undo").click()
    await expect(page.locator(NODE)).to_have_count(0)
    await page.keyboard.press("Control+y")
    await expect(page.locator(NODE)).to_have_count(1)
    await page.keyboard.press("Control+z")
    await expect(page.locator(NODE)).to_have_count(0)


async def test_the_first_node_stays_where_it_is_dropped(page: Page) -> None:
    await open_new(page)
    await place(page, "transform", 80, 120)
    canvas = await page.locator(".react-flow").bounding_box()
    cell = await page.get_by_test_id("node-transform").bounding_box()
    assert canvas
    assert cell
    left, top = cell["x"] - canvas["x"], cell["y"] - canvas["y"]
    assert 0 <= 80 - left <= cell["width"]
    assert 0 <= 120 - top <= cell["height"]


async def test_problems_stand_at_the_node_at_the_field_and_in_the_list(page: Page) -> None:
    await open_new(page)
    await place(page, "http", 80, 80)
    await expect(page.get_by_test_id("problems-http")).to_have_text("1")
    await expect(page.get_by_test_id("problem-count")).to_have_text("1")
    await page.get_by_test_id("drawer-problems").click()
    await page.get_by_test_id("problems").get_by_role("button").click()
    await expect(page.get_by_test_id("field-config.url")).to_contain_text("Fill this in.")
    await expect(field(page, "url")).to_have_attribute("aria-invalid", "true")
    await set_field(page, "http", "url", "https://example.org/{{ nodes.nowhere.output }}")
    await expect(page.get_by_test_id("field-config.url")).to_contain_text("nowhere")
    await set_field(page, "http", "url", "https://example.org/")
    await expect(page.get_by_test_id("problems-http")).to_have_count(0)
    await expect(page.get_by_test_id("drawer")).to_contain_text("No problems")


async def test_run_says_what_is_missing_instead_of_starting(page: Page, stack: Stack) -> None:
    await open_new(page)
    await place(page, "condition", 80, 80)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("problems").get_by_role("listitem")).to_have_count(1)
    await expect(page.get_by_test_id("problems")).to_contain_text("condition")
    await expect(status(page)).to_have_count(0)


async def test_a_circle_cannot_be_drawn(page: Page) -> None:
    await open_new(page)
    await place(page, "transform", 40, 80)
    await place(page, "transform", 340, 260)
    await wire(page, "transform-out", "transform_2-in")
    await expect(page.locator(EDGE)).to_have_count(1)
    await wire(page, "transform_2-out", "transform-in")
    await expect(page.locator(EDGE)).to_have_count(1)


async def test_copies_bring_their_edges_and_rename_their_references(page: Page, workflow: str) -> None:
    await page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    await page.keyboard.press("Control+a")
    await expect(page.get_by_test_id("inspector")).to_contain_text("4 nodes")
    await page.keyboard.press("Control+c")
    await page.keyboard.press("Control+v")
    await expect(page.locator(NODE)).to_have_count(8)
    await expect(page.locator(EDGE)).to_have_count(6)
    await select(page, "done_2")
    await expect(field(page, "value")).to_have_value("{{ nodes.greet_2.output }}")


async def test_duplicate_then_delete(page: Page, workflow: str, stack: Stack) -> None:
    await select(page, "greet")
    await page.keyboard.press("Control+d")
    await expect(page.get_by_test_id("inspector")).to_have_attribute("data-node", "greet_2")
    await page.keyboard.press("Delete")
    await expect(page.locator(NODE)).to_have_count(4)
    assert [one["id"] for one in (await stored(stack, workflow))["nodes"]] == [
        "start",
        "wait",
        "greet",
        "done",
    ]


async def test_a_new_id_reaches_those_who_name_it(page: Page, workflow: str, stack: Stack) -> None:
    await select(page, "greet")
    box = page.locator("#input-id")
    await box.fill("hail")
    await box.press("Enter")
    await expect(page.get_by_test_id("node-hail")).to_be_visible()
    assert config_of(await stored(stack, workflow), "done")["value"] == "{{ nodes.hail.output }}"


@pytest.mark.parametrize(
    ("answer", "value"), [("take-theirs", "Theirs"), ("keep-mine", "Mine")], ids=["theirs", "mine"]
)
async def test_a_stale_edit_shows_both_sides_and_overwrites_nothing_unasked(
    page: Page, workflow: str, stack: Stack, answer: str, value: str
) -> None:
    other = await page.context.new_page()
    await open_workflow(other, workflow)
    await set_field(other, "greet", "value", "Theirs")
    await select(page, "greet")
    await field(page, "value").fill("Mine")
    await field(page, "value").blur()
    conflict = page.get_by_test_id("conflict")
    await expect(conflict.get_by_test_id("conflict-mine")).to_contain_text("the settings of greet")
    await expect(conflict.get_by_test_id("conflict-theirs")).to_contain_text("Changed the settings of greet")
    assert config_of(await stored(stack, workflow), "greet")["value"] == "Theirs"
    await page.get_by_test_id(answer).click()
    await expect(conflict).to_have_count(0)
    await expect(field(page, "value")).to_have_value(value)
    assert config_of(await stored(stack, workflow), "greet")["value"] == value


async def test_the_form_refuses_what_does_not_fit_and_the_run_shows_its_result(
    page: Page, workflow: str
) -> None:
    await page.get_by_test_id("run").click()
    await page.get_by_test_id("start-run").click()
    await expect(page.get_by_test_id("run-form")).to_contain_text(re.compile("needed|missing|Fill", re.I))
    await page.get_by_label("name").fill("Ada")
    await page.keyboard.press("Control+Enter")
    await expect(status(page)).to_have_attribute("data-status", "succeeded")
    await expect(page.get_by_test_id("preview-greet")).to_contain_text("Hello, Ada!")
    await expect(page.get_by_test_id("run-outputs")).to_contain_text("Hello, Ada!")


async def test_an_option_that_cannot_be_is_said_at_its_field_and_a_sound_one_reaches_the_run(
    page: Page, workflow: str
) -> None:
    await page.get_by_test_id("run").click()
    await page.get_by_label("name").fill("Ada")
    options = page.get_by_test_id("run-options")
    await options.get_by_text("Options").click()
    labels = options.get_by_label("Labels")
    await labels.fill("nonsense")
    await page.get_by_test_id("start-run").click()
    await expect(options.get_by_role("alert")).to_contain_text("“nonsense” is no label.")
    await labels.fill("env:prod")
    await page.get_by_test_id("start-run").click()
    await expect(page.get_by_test_id("run-bar")).to_contain_text("env: prod")


async def test_a_reload_in_the_middle_of_a_run_loses_nothing_and_the_run_can_be_cancelled(
    page: Page, stack: Stack
) -> None:
    await open_workflow(page, await create(stack, wait=3600))
    await start(page, "Ada")
    await expect(page.get_by_test_id("status-wait")).to_have_attribute("data-status", "waiting")
    await page.reload()
    await expect(page.get_by_test_id("status-start")).to_have_attribute("data-status", "succeeded")
    await expect(status(page)).to_have_attribute("data-status", "waiting")
    await page.get_by_test_id("cancel-run").click()
    await expect(status(page)).to_have_attribute("data-status", "cancelled")
    await expect(page.get_by_test_id("status-wait")).to_have_attribute("data-status", "cancelled")
    await expect(page.get_by_test_id("cancel-run")).to_have_count(0)


async def test_an_old_run_shows_the_version_that_ran(page: Page, workflow: str, stack: Stack) -> None:
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_text("Version 1 is published.")).to_be_visible()
    run_id = await ran(stack, workflow, "Ada")
    await select(page, "greet")
    await page.keyboard.press("Delete")
    await expect(page.locator(NODE)).to_have_count(3)
    await page.goto(f"/runs/{run_id}")
    await expect(page.get_by_test_id("preview-greet")).to_contain_text("Hello, Ada!")
    await expect(status(page)).to_contain_text("Version 1")
    await expect(page.get_by_test_id("palette")).to_have_count(0)
    await page.get_by_test_id("node-greet").click()
    await page.keyboard.press("Delete")
    await expect(page.locator(NODE)).to_have_count(4)


async def test_a_workflow_can_be_run_from_the_list(page: Page, workflow: str) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Actions for Greeting").first.click()
    await page.get_by_role("menuitem", name="Run …").click()
    await expect(page.get_by_test_id("run-dialog")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/workflows/[0-9a-f-]+$"))
