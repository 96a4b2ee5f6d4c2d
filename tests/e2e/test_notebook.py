"""The draft as a notebook in a browser: what is stale shows, what holds is reused and not called again."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.drawing import open_workflow, select, set_field
from tests.e2e.stack import Stack
from tests.e2e.witness import Witness


def ask(id: str, x: int, url: str) -> dict[str, Any]:
    return {"id": id, "type": "http", "position": {"x": x, "y": 60}, "config": {"url": url}}


def document(url: str) -> dict[str, Any]:
    """Return three requests in a row, and a transform that reads the last."""
    last = {"id": "last", "type": "transform", "position": {"x": 960, "y": 60}}
    return {
        "format": "workbench/1",
        "name": "Requests",
        "nodes": [
            ask("first", 0, f"{url}/first"),
            ask("second", 320, f"{url}/second"),
            ask("third", 640, f"{url}/third"),
            {**last, "config": {"value": "{{ nodes.third.output.path }}"}},
        ],
        "edges": [
            {"source": source, "target": target}
            for source, target in (("first", "second"), ("second", "third"), ("third", "last"))
        ],
    }


@pytest.fixture
async def workflow(page: Page, stack: Stack, witness: Witness) -> str:
    """The requests, run once and open in the page."""
    async with stack.api() as api:
        answer = await api.post("/workflows", json={"document": document(witness.url)})
    workflow_id = str(answer.raise_for_status().json()["id"])
    await open_workflow(page, workflow_id)
    await page.get_by_test_id("run").click()
    await ended(page)
    return workflow_id


async def ended(page: Page) -> None:
    await expect(page.get_by_test_id("run-bar")).to_have_attribute("data-status", "succeeded")


async def test_a_change_in_the_middle_is_run_to_here_with_what_holds(
    page: Page, workflow: str, witness: Witness
) -> None:
    for name in ("first", "second", "third", "last"):
        await expect(page.get_by_test_id(f"node-{name}")).not_to_have_attribute("data-stale", "true")
    await set_field(page, "second", "url", f"{witness.url}/other")
    for name in ("second", "third", "last"):
        await expect(page.get_by_test_id(f"node-{name}")).to_have_attribute("data-stale", "true")
    await expect(page.get_by_test_id("node-first")).not_to_have_attribute("data-stale", "true")
    run = await page.get_by_test_id("run-bar").get_attribute("data-run")

    await select(page, "third")
    await page.get_by_test_id("tools-third").get_by_test_id("part-to").click()
    await expect(page.get_by_test_id("run-bar")).not_to_have_attribute("data-run", run or "")
    await ended(page)
    assert dict(witness.seen) == {"/first": 1, "/second": 1, "/third": 2, "/other": 1}
    await expect(page.get_by_test_id("reused-first")).to_be_visible()
    await expect(page.get_by_test_id("from-first")).to_have_attribute("href", f"/runs/{run}")
    await expect(page.get_by_test_id("node-third")).not_to_have_attribute("data-stale", "true")
    await expect(page.get_by_test_id("node-last")).to_have_attribute("data-stale", "true")

    await page.get_by_test_id("run-stale").click()
    await expect(page.get_by_test_id("run-stale")).to_have_count(0)
    assert witness.seen["/third"] == 2


async def test_a_cell_runs_by_its_key_and_a_reload_still_shows_the_outputs(
    page: Page, workflow: str, witness: Witness
) -> None:
    await select(page, "second")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("node-second").click(position={"x": 60, "y": 14})
    await page.keyboard.press("Shift+Enter")
    await expect(page.get_by_test_id("node-third")).to_have_attribute("data-stale", "true")
    assert witness.seen["/second"] == 2

    await open_workflow(page, workflow)
    await expect(page.get_by_test_id("preview-first")).to_contain_text("/first")
    await expect(page.get_by_test_id("older-first")).to_be_visible()


async def test_an_output_is_pinned_and_written(page: Page, workflow: str, witness: Witness) -> None:
    await select(page, "second")
    await page.get_by_test_id("tools-second").get_by_test_id("pin").click()
    await expect(page.get_by_test_id("pinned-second")).to_be_visible()
    await page.get_by_test_id("run").click()
    await expect(page.get_by_test_id("node-third")).not_to_have_attribute("data-stale", "true")
    assert witness.seen["/second"] == 1

    await page.get_by_role("tab", name="Output").click()
    await page.get_by_test_id("write-output").click()
    await page.get_by_test_id("value-text").fill('{"path": "written"}')
    await page.get_by_test_id("value-pin").click()
    await expect(page.get_by_test_id("value-dialog")).to_have_count(0)
    await expect(page.get_by_test_id("node-third")).to_have_attribute("data-stale", "true")
    await page.get_by_test_id("unpin-output").click()
    await expect(page.get_by_test_id("pin-output")).to_be_visible()


async def test_a_run_goes_on_from_a_step_with_another_value(
    page: Page, workflow: str, witness: Witness
) -> None:
    run = await page.get_by_test_id("run-bar").get_attribute("data-run")
    await page.goto(f"/runs/{run}")
    await page.get_by_test_id("node-third").click(position={"x": 60, "y": 14})
    await page.get_by_test_id("write-output").click()
    await page.get_by_test_id("value-text").fill('{"path": "written"}')
    await page.get_by_test_id("value-fork").click()
    await expect(page).not_to_have_url(re.compile(f"{run}$"))
    await ended(page)
    await expect(page.get_by_test_id("edited-third")).to_be_visible()
    await expect(page.get_by_test_id("preview-last")).to_contain_text("written")
    assert dict(witness.seen) == {"/first": 1, "/second": 1, "/third": 1}
    await page.get_by_test_id("compare-run").click()
    await expect(page.get_by_test_id("compare-third")).to_have_attribute("data-difference", "changed")
    await expect(page.get_by_test_id("compare-third")).to_contain_text("written")
    await expect(page.get_by_test_id("compare-first")).to_have_attribute("data-difference", "same")
