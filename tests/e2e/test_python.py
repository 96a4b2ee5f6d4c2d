"""Python written in the browser: the editor indents, a run gives what it returns, a failure has its lines."""

import re

from playwright.async_api import Page, expect

from tests.e2e.drawing import field, open_workflow, select
from tests.e2e.stack import Stack

NODES = [
    {"id": "adds", "type": "python", "config": {"inputs": {"numbers": [1, 2, 4]}}},
    {
        "id": "done", "type": "output", "position": {"x": 320, "y": 0},
        "config": {"name": "total", "value": "{{ nodes.adds.output }}"},
    },
]  # fmt: skip
DOCUMENT = {
    "format": "workbench/1",
    "name": "Adding up",
    "nodes": NODES,
    "edges": [{"source": "adds", "target": "done"}],
}


async def opened(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        made = await api.post("/workflows", json={"document": DOCUMENT})
    await open_workflow(page, made.raise_for_status().json()["id"])
    await select(page, "adds")


async def run(page: Page, status: str) -> None:
    await expect(page.get_by_test_id("saved")).to_have_text(re.compile("Saved"))
    await page.get_by_test_id("run").click()
    await expect(page.get_by_test_id("run-bar")).to_have_attribute("data-status", status, timeout=30_000)


async def test_code_is_written_and_run(page: Page, stack: Stack) -> None:
    await opened(page, stack)
    box = field(page, "code")
    await box.click()
    await page.keyboard.type("def main(numbers):\ntotal = 0\nfor one in numbers:\ntotal += one\n")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.type("return total")
    lines = ("def main(numbers):", "    total = 0", "    for one in numbers:", "        total += one")
    await expect(box).to_have_value("\n".join((*lines, "    return total")))
    await run(page, "succeeded")
    await expect(page.get_by_test_id("preview-adds")).to_contain_text("7")


async def test_a_mistake_is_named_with_its_line_and_a_failure_with_its_lines(
    page: Page, stack: Stack
) -> None:
    await opened(page, stack)
    box = field(page, "code")
    await box.fill("def main(number):\n    return (")
    problem = page.get_by_test_id("field-config.code").get_by_role("alert")
    await expect(problem).to_contain_text("Line 2: '(' was never closed")
    await box.fill("def main(numbers):\n    print('so far', numbers)\n    return numbers[7]")
    await expect(problem).to_be_hidden()
    await run(page, "failed")
    await page.get_by_test_id("failed-node").click()
    await page.get_by_test_id("inspector-output").click()
    said = page.get_by_test_id("node-error")
    await expect(said).to_contain_text("IndexError: list index out of range (line 3)")
    await expect(said).to_contain_text("so far [1, 2, 4]")
