"""The pages around the canvas, in a browser: lists, gallery, import, palette, keys, settings."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.e2e.stack import Stack, finished

EDITOR = re.compile(r"/workflows/[0-9a-f-]{36}")


def document(name: str, **parts: Any) -> dict[str, Any]:
    return {"format": "workbench/1", "name": name, "nodes": [], "edges": [], **parts}


WAITING = {
    "nodes": [
        {"id": "start", "type": "input"},
        {"id": "wait", "type": "delay", "config": {"seconds": 3}},
        {"id": "done", "type": "output", "config": {"name": "done", "value": "yes"}},
    ],
    "edges": [{"source": "start", "target": "wait"}, {"source": "wait", "target": "done"}],
}


async def create(stack: Stack, name: str, **parts: Any) -> str:
    async with stack.api() as api:
        answer = await api.post("/workflows", json={"document": document(name, **parts)})
        return str(answer.raise_for_status().json()["id"])


@pytest.fixture
def name() -> str:
    """A name that no other test's workflow has."""
    return f"Digest {uuid4().hex[:8]}"


async def choose_file(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": content}
    await page.set_input_files("[data-testid=import-document] input[type=file]", files=[file])


async def test_an_example_opens_as_a_copy(page: Page) -> None:
    await page.goto("/")
    await page.get_by_test_id("example-hello").click()
    await expect(page).to_have_url(EDITOR)
    await page.get_by_test_id("nav-workflows").first.click()
    await expect(page.get_by_test_id("workflow-row").first).to_contain_text("Hello")


async def test_searching_is_in_the_address_and_survives_a_reload(page: Page, stack: Stack, name: str) -> None:
    await create(stack, name)
    await page.goto("/")
    await page.get_by_test_id("search").fill(name.upper())
    await expect(page.get_by_test_id("workflow-row")).to_have_count(1)
    await page.reload()
    await expect(page.get_by_test_id("search")).to_have_value(name.upper())
    await expect(page.get_by_test_id("workflow-row")).to_have_count(1)


async def test_deleting_names_what_goes_and_can_be_called_off(page: Page, stack: Stack, name: str) -> None:
    await create(stack, name)
    await page.goto(f"/?q={name}")
    for answer, left in (("Keep it", 1), ("Delete workflow", 0)):
        await page.get_by_role("button", name=f"Actions for {name}").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(page.get_by_test_id("confirm-dialog")).to_contain_text(f"Delete “{name}”?")
        await page.get_by_role("button", name=answer).click()
        await expect(page.get_by_test_id("workflow-row")).to_have_count(left)


async def test_duplicating_opens_the_copy(page: Page, stack: Stack, name: str) -> None:
    original = await create(stack, name)
    await page.goto(f"/?q={name}")
    await page.get_by_role("button", name=f"Actions for {name}").click()
    await page.get_by_role("menuitem", name="Duplicate").click()
    await expect(page).to_have_url(re.compile(rf"/workflows/(?!{original})"))


async def test_a_file_with_problems_is_not_imported_and_all_are_named(
    page: Page, stack: Stack, name: str
) -> None:
    nodes = [{"id": "fetch", "type": "http", "config": {}}, {"id": "odd", "type": "no-such-type"}]
    await page.goto("/")
    await choose_file(page, "broken.json", json.dumps(document(name, nodes=nodes)).encode())
    problems = page.get_by_test_id("import-problems")
    await expect(problems).to_contain_text("broken.json was not imported")
    await expect(problems.get_by_role("listitem").filter(has_text="fetch")).not_to_have_count(0)
    await expect(problems.get_by_role("listitem").filter(has_text="odd")).not_to_have_count(0)
    async with stack.api() as api:
        listed = (await api.get("/workflows", params={"search": name})).json()
    assert listed["items"] == []


async def test_a_huge_file_is_refused_with_the_reason(page: Page) -> None:
    await page.goto("/")
    await choose_file(page, "huge.json", b" " * 12_000_000)
    await expect(page.get_by_test_id("import-problems")).to_contain_text("larger than")


async def test_a_sound_file_opens(page: Page, name: str) -> None:
    await page.goto("/")
    await choose_file(page, "sound.yaml", f"format: workbench/1\nname: {name}\n".encode())
    await expect(page).to_have_url(EDITOR)


async def test_the_list_of_runs_follows_a_run(page: Page, stack: Stack, name: str) -> None:
    workflow_id = await create(stack, name, **WAITING)
    await page.goto(f"/runs?workflow={workflow_id}")
    await expect(page.get_by_test_id("empty-state")).to_be_visible()
    async with stack.api() as api:
        run = (await api.post("/runs", json={"workflow_id": workflow_id, "inputs": {}})).json()
        row = page.get_by_test_id("run-row")
        await expect(row).to_have_attribute("data-status", "waiting")
        await finished(api, run["id"])
    await expect(row).to_have_attribute("data-status", "succeeded")
    await expect(row.get_by_role("link")).to_have_attribute("href", f"/runs/{run['id']}")


async def test_filters_are_links_and_back_works(page: Page, stack: Stack, name: str) -> None:
    workflow_id = await create(stack, name, **WAITING)
    async with stack.api() as api:
        run = (await api.post("/runs", json={"workflow_id": workflow_id, "inputs": {}})).json()
        await finished(api, run["id"])
    await page.goto(f"/runs?workflow={workflow_id}")
    await expect(page.get_by_test_id("run-row")).to_have_count(1)
    await page.get_by_test_id("filter-failed").click()
    await expect(page.get_by_test_id("empty-state")).to_contain_text("No such runs")
    await page.go_back()
    await expect(page.get_by_test_id("run-row")).to_have_count(1)


async def test_the_palette_opens_a_workflow_by_its_name(page: Page, stack: Stack, name: str) -> None:
    workflow_id = await create(stack, name)
    await page.goto("/settings")
    await expect(page.get_by_test_id("services").get_by_role("listitem")).to_have_count(4)
    await page.keyboard.press("Control+k")
    await page.keyboard.type(name)
    await expect(page.get_by_role("option", name=name)).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(workflow_id))


async def test_keys_are_listed_and_lead_to_pages(page: Page) -> None:
    await page.goto("/settings")
    await expect(page.get_by_test_id("services").get_by_role("listitem")).to_have_count(4)
    await expect(page.get_by_test_id("keys-help")).to_be_attached()
    await page.keyboard.press("?")
    await expect(page.get_by_test_id("keys-help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("keys-help")).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await expect(page).to_have_url(re.compile(r"/runs/?$"))


async def test_settings_say_that_every_service_runs(page: Page, stack: Stack) -> None:
    await page.goto("/settings")
    services = page.get_by_test_id("services").get_by_role("listitem")
    await expect(services.filter(has_text="Running")).to_have_count(4)
    await expect(page.get_by_test_id("facts")).to_contain_text(str(stack.data_dir))


@pytest.mark.parametrize("name", ["members", "groups", "roles", "workspaces"])
async def test_one_person_is_told_how_to_run_it_for_a_team(page: Page, name: str) -> None:
    await page.goto(f"/settings/{name}")
    await expect(page.get_by_test_id("one-person")).to_contain_text("WORKBENCH_MODE=team")
    await expect(page.get_by_test_id("workspace-switch")).to_have_count(0)


async def test_an_address_that_leads_nowhere_says_so(page: Page) -> None:
    answer = await page.goto("/nothing/here")
    assert answer
    assert answer.status == 404
    await expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()


async def test_pages_fetch_nothing_from_elsewhere(page: Page, stack: Stack) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/runs", "/settings"):
        await page.goto(path)
        await page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((stack.url, "data:"))] == []


async def test_a_secret_goes_in_and_never_comes_out(page: Page) -> None:
    name, value = f"TOKEN_{uuid4().hex[:6]}", "not-to-be-seen-again"
    received: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    await page.goto("/settings")
    form = page.get_by_test_id("secret-form")
    await form.get_by_label("Name").fill(name)
    await form.get_by_label("Value").fill(value)
    await form.get_by_role("button", name="Store secret").click()
    row = page.get_by_test_id("secrets").get_by_role("listitem").filter(has_text=name)
    await expect(row).to_have_count(1)
    await expect(form.get_by_label("Value")).to_have_value("")
    await row.get_by_role("button", name=f"Delete the secret {name}").click()
    await page.get_by_test_id("confirm-action").click()
    await expect(row).to_have_count(0)
    assert received
    assert value not in "".join(received)
