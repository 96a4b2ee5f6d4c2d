"""What people find who may look and not change, and how a role that is given or taken shows at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.drawing import centre
from tests.e2e.someone import Someone
from tests.e2e.stack import Stack

DOCUMENT: dict[str, Any] = {
    "format": "workbench/1",
    "name": "Invoices",
    "nodes": [
        {"id": "start", "type": "input", "position": {"x": 0, "y": 200}},
        {
            "id": "sum",
            "type": "transform",
            "title": "Add up",
            "position": {"x": 340, "y": 200},
            "config": {"value": "{{ 1 + 1 }}"},
        },
        {
            "id": "done",
            "type": "output",
            "position": {"x": 680, "y": 200},
            "config": {"name": "total", "value": "{{ nodes.sum.output }}"},
        },
    ],
    "edges": [{"source": "start", "target": "sum"}],
}


@pytest.fixture
async def invoices(ada: httpx.AsyncClient) -> str:
    """A workflow of Ada's; its id."""
    made = (await ada.post("/workflows", json={"document": DOCUMENT})).raise_for_status().json()
    return str(made["id"])


async def drawn(ada: httpx.AsyncClient, workflow: str) -> tuple[int, Any]:
    """Return a draft's revision and document."""
    found = (await ada.get(f"/workflows/{workflow}")).json()
    return found["revision"], found["document"]


async def open_editor(page: Page, workflow: str) -> None:
    await page.goto(f"/workflows/{workflow}")
    await page.get_by_test_id("node-sum").wait_for()


async def test_a_viewer_cannot_change_a_drawing_by_mouse_or_keys(
    ada: httpx.AsyncClient,
    bob: Someone,
    invoices: str,
) -> None:
    page, before = bob.page, await drawn(ada, invoices)
    await open_editor(page, invoices)
    await expect(page.get_by_test_id("looking")).to_contain_text("ask an admin of the workspace")
    await expect(page.get_by_test_id("palette")).to_have_count(0)
    await expect(page.get_by_test_id("canvas-tidy")).to_have_count(0)
    cell = page.get_by_test_id("node-sum")
    place = await cell.bounding_box()
    x, y = await centre(cell)
    await page.mouse.move(x, y)  # drag the cell
    await page.mouse.down()
    await page.mouse.move(x + 120, y + 80, steps=6)
    await page.mouse.up()
    x, y = await centre(page.get_by_test_id("handle-sum-out"))  # draw an edge
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(*(await centre(page.get_by_test_id("handle-done-in"))), steps=6)
    await page.mouse.up()
    await page.get_by_test_id("canvas-fit").click()
    await cell.click(position={"x": 60, "y": 14})
    for key in ("Delete", "Backspace", "ArrowRight", "Control+d", "Control+c", "Control+v", "Control+z"):
        await page.keyboard.press(key)
    await page.keyboard.press("Control+Enter")  # nor run it
    await page.keyboard.press("Shift+Enter")
    await expect(page.locator(".react-flow__node")).to_have_count(3)
    await expect(page.locator(".react-flow__edge")).to_have_count(2)  # one is implied
    assert place
    assert await drawn(ada, invoices) == before
    assert (await ada.get(f"/runs?workflow_id={invoices}")).json()["items"] == []
    assert await page.locator("[data-sonner-toast]").count() == 0  # nothing was even tried


async def test_the_inspector_shows_a_viewer_values_and_no_buttons(
    bob: Someone,
    invoices: str,
) -> None:
    page = bob.page
    await open_editor(page, invoices)
    await page.get_by_test_id("node-sum").click(position={"x": 60, "y": 14})
    value = page.locator('[id="input-config.value"]')
    await expect(value).to_have_value("{{ 1 + 1 }}")
    assert not await value.is_editable()
    assert not await page.locator("#input-title").is_editable()
    await expect(page.get_by_role("button", name="Disconnect start")).to_have_count(0)
    await expect(page.get_by_role("combobox", name="Connect out to")).to_have_count(0)
    await page.get_by_test_id("inspector-output").click()
    for button in ("run-node", "pin-output", "write-output", "run", "publish", "undo"):
        await expect(page.get_by_test_id(button)).to_have_count(0)
    await page.get_by_test_id("workflow-settings").click()
    await expect(page.get_by_test_id("workflow-form")).to_be_visible()
    await expect(page.get_by_role("button", name="Add an input")).to_have_count(0)
    await expect(page.get_by_test_id("add-webhook")).to_have_count(0)


async def test_a_role_turns_an_open_editor_from_reading_to_drawing_and_back(
    ada: httpx.AsyncClient,
    bob: Someone,
    invoices: str,
) -> None:
    page = bob.page
    await open_editor(page, invoices)
    await page.evaluate("window.sameTab = true")
    await page.get_by_test_id("node-sum").click(position={"x": 60, "y": 14})
    await expect(page.get_by_test_id("canvas")).to_have_attribute("data-readonly", "true")
    await ada.put(f"/members/{bob.id}", json={"roles": ["designer"]})
    await expect(page.get_by_test_id("canvas")).not_to_have_attribute("data-readonly", "true")
    await expect(page.get_by_test_id("looking")).to_have_count(0)
    title = page.locator("#input-title")
    await title.fill("Add it all up")  # what was selected still is
    await title.blur()
    await expect(page.get_by_test_id("node-sum")).to_contain_text("Add it all up")
    x, y = await centre(page.get_by_test_id("node-sum"))
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + 90, steps=6)
    await page.mouse.up()
    async with asyncio.timeout(10):
        while (await drawn(ada, invoices))[1]["nodes"][2]["position"]["y"] == 200 and (
            await drawn(ada, invoices)
        )[1]["nodes"][1]["position"]["y"] == 200:
            await asyncio.sleep(0.1)
    await ada.put(f"/members/{bob.id}", json={"roles": ["viewer"]})
    await expect(page.get_by_test_id("canvas")).to_have_attribute("data-readonly", "true")
    await expect(page.get_by_test_id("palette")).to_have_count(0)
    before = await drawn(ada, invoices)
    await page.keyboard.press("Delete")
    await expect(page.locator(".react-flow__node")).to_have_count(3)
    assert await drawn(ada, invoices) == before
    assert await page.evaluate("window.sameTab")


async def test_a_workflow_that_is_narrowed_leaves_an_open_editor(
    ada: httpx.AsyncClient,
    bob: Someone,
    invoices: str,
) -> None:
    await open_editor(bob.page, invoices)
    await ada.put(f"/workflows/{invoices}/access", json={"narrowed": True})
    await expect(bob.page.get_by_test_id("error-banner")).to_be_visible()
    await expect(bob.page.get_by_test_id("node-sum")).to_have_count(0)


async def test_an_operator_runs_and_does_not_draw(
    ada: httpx.AsyncClient,
    bob: Someone,
    invoices: str,
) -> None:
    await ada.put(f"/members/{bob.id}", json={"roles": ["operator"]})
    await open_editor(bob.page, invoices)
    await expect(bob.page.get_by_test_id("looking")).to_contain_text("look at this workflow and run it")
    await expect(bob.page.get_by_test_id("palette")).to_have_count(0)
    await bob.page.get_by_test_id("run").click()
    await expect(bob.page.get_by_test_id("run-bar")).to_have_attribute("data-status", "succeeded")


async def test_a_reviewer_finds_decides_and_looks_but_is_offered_nothing_else(
    ada: httpx.AsyncClient,
    bob: Someone,
) -> None:
    document = {
        "format": "workbench/1",
        "name": "Asks",
        "nodes": [{"id": "ask", "type": "approval", "config": {"title": "Pay Meyer?"}}],
    }
    workflow = (await ada.post("/workflows", json={"document": document})).json()
    run = (await ada.post("/runs", json={"workflow_id": workflow["id"]})).json()
    await ada.put(f"/members/{bob.id}", json={"roles": ["reviewer"]})
    page = bob.page
    await page.goto("/inbox")
    await page.get_by_role("link", name="Pay Meyer?").first.click()
    await page.get_by_test_id("decide-approve").click()
    await expect(page.get_by_test_id("outcome")).to_contain_text("approved")
    await page.goto(f"/runs/{run['id']}")
    told = expect(page.get_by_test_id("run-bar"))  # the decision can be undone for ten seconds
    await told.to_have_attribute("data-status", "succeeded", timeout=30_000)
    for button in ("run", "cancel-run", "terminate-run"):
        await expect(page.get_by_test_id(button)).to_have_count(0)
    await page.get_by_test_id("node-ask").click(position={"x": 60, "y": 14})
    await expect(page.get_by_test_id("fork-here")).to_have_count(0)
    await page.goto("/")
    await expect(page.get_by_test_id("workflow-row").filter(has_text="Asks")).to_be_visible()
    await expect(page.get_by_test_id("new-workflow")).to_have_count(0)
    await expect(page.get_by_test_id("examples")).to_have_count(0)


async def test_a_call_that_is_refused_says_what_is_missing_and_whom_to_ask(
    ada: httpx.AsyncClient,
    bob: Someone,
    invoices: str,
) -> None:
    await bob.page.goto(f"/workflows/{invoices}?ask=1")
    toast = bob.page.locator("[data-sonner-toast]")
    await expect(toast).to_contain_text("do not let you start, fork and restart runs")
    await expect(toast).to_contain_text("Ask an admin of the workspace for the role designer or operator.")


async def test_a_page_that_is_not_for_them_says_so(bob: Someone) -> None:
    for address in ("/settings/audit", "/settings/providers", "/settings/invitations"):
        await bob.page.goto(address)
        await expect(bob.page.get_by_test_id("empty-state")).to_contain_text("not open to you")
        await expect(
            bob.page.get_by_role("button", name=re.compile("invitation|provider|Export"))
        ).to_have_count(0)


@pytest.fixture
async def administrator(
    team: Stack,
    ada: httpx.AsyncClient,
    browser: Browser,
) -> AsyncIterator[Page]:
    """A page in which Ada is signed in."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=team.url)
    await context.add_cookies(
        [{"name": name, "value": value, "url": team.url} for name, value in ada.cookies.items()]
    )
    yield await context.new_page()
    await context.close()


async def test_what_another_administrator_changes_appears_in_an_open_list(
    ada: httpx.AsyncClient,
    bob: Someone,
    administrator: Page,
) -> None:
    page = administrator
    await page.goto("/settings/members")
    await page.get_by_test_id("member").first.wait_for()
    email = (await bob.api.get("/users/me")).json()["email"]
    row = page.get_by_test_id("member").filter(has_text=email)
    await expect(row).to_contain_text("Viewer")
    await ada.put(f"/members/{bob.id}", json={"roles": ["operator"]})
    await expect(row).to_contain_text("Operator")
    await page.goto("/settings/groups")
    await page.get_by_test_id("new-group").wait_for()
    await ada.post("/groups", json={"name": f"Friends of {email}"})
    await expect(page.get_by_test_id("group").filter(has_text=email)).to_be_visible()
    await page.goto("/settings/workspaces")
    await page.get_by_test_id("workspace").first.wait_for()
    await ada.post("/workspaces", json={"name": f"Room of {email}"})
    await expect(page.get_by_test_id("workspace").filter(has_text=email)).to_be_visible()
    await page.goto("/settings/invitations")
    await page.get_by_test_id("invite-form").wait_for()
    await ada.post("/invitations", json={"email": f"friend-of-{email}", "roles": ["viewer"]})
    await expect(page.get_by_test_id("invitation").filter(has_text=f"friend-of-{email}")).to_be_visible()
