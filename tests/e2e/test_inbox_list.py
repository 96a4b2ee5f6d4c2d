"""The inbox's list: by keys, together, undone within ten seconds, and by two people who look at it."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.stack import Stack, finished

PASSWORD = "correct horse battery"


async def asking(api: httpx.AsyncClient, title: str, times: int, **config: Any) -> list[dict[str, Any]]:
    """Start as many runs that ask for an approval; return their tasks, the newest first."""
    document = {
        "format": "workbench/1",
        "name": f"Flow of {title}",
        "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}},
        "nodes": [
            {"id": "start", "type": "input"},
            {"id": "ask", "type": "approval", "config": {"title": f"{title} {{{{ inputs.n }}}}", **config}},
        ],
        "edges": [{"source": "start", "target": "ask"}],
        "outputs": {"answer": "{{ nodes.ask.output.decision }}"},
    }
    workflow = (await api.post("/workflows", json={"document": document})).raise_for_status().json()["id"]
    for n in range(times):
        (await api.post("/runs", json={"workflow_id": workflow, "inputs": {"n": n}})).raise_for_status()
    async with asyncio.timeout(60):
        while len(found := (await api.get(f"/hitl/tasks?workflow_id={workflow}")).json()["items"]) < times:
            await asyncio.sleep(0.1)
    return list(found)


def row(page: Page, title: str) -> Locator:
    return page.get_by_test_id("task-row").filter(has_text=title)


async def test_a_task_is_found_decided_and_undone_by_keys(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        [task] = await asking(api, "Keyboard", 1)
        await page.goto("/inbox")
        await expect(row(page, "Keyboard 0")).to_be_visible()
        await page.keyboard.press("/")
        await page.keyboard.type("keyboard")
        await expect(page).to_have_url(re.compile("q=keyboard"))
        await expect(page.get_by_test_id("task-row")).to_have_count(1)
        await page.keyboard.press("Enter")
        await page.keyboard.press("j")
        await expect(row(page, "Keyboard 0")).to_have_attribute("data-current", "")
        await page.keyboard.press("a")
        await expect(page.get_by_test_id("undo-toast")).to_contain_text("“Keyboard 0”: you approved")
        await expect(page.get_by_test_id("task-row")).to_have_count(0)
        assert (await api.get(f"/hitl/tasks/{task['id']}")).json()["decisions"][0]["status"] == "held"
        await page.keyboard.press("z")
        await expect(row(page, "Keyboard 0")).to_be_visible()
        await expect(page.get_by_test_id("undo-toast")).to_have_count(0)
        assert (await api.get(f"/hitl/tasks/{task['id']}")).json()["status"] == "open"
        await page.keyboard.press("j")
        await page.keyboard.press("c")
        await expect(page.get_by_placeholder("Write a comment")).to_be_focused()


async def test_a_rejection_says_why_and_is_told_when_the_time_has_passed(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        [task] = await asking(api, "Rejected", 1)
        await page.goto("/inbox?q=rejected")
        await expect(row(page, "Rejected 0")).to_be_visible()
        await page.keyboard.press("j")
        await page.keyboard.press("r")
        await page.get_by_label("Why").fill("Too expensive")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("undo-toast")).to_be_visible()
        run = await finished(api, task["run_id"])
        assert run["outputs"] == {"answer": "reject"}
        [decision] = (await api.get(f"/hitl/tasks/{task['id']}")).json()["decisions"]
        assert (decision["reason"], decision["status"]) == ("Too expensive", "counted")


async def test_like_tasks_are_decided_together_and_one_that_fails_is_shown(page: Page, stack: Stack) -> None:
    async with stack.api() as api:
        first, *_ = await asking(api, "Together", 3)
        await page.goto("/inbox?q=together")
        await expect(page.get_by_test_id("task-row")).to_have_count(3)
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("Shift+X")
        await expect(page.get_by_test_id("bulk-bar")).to_contain_text("3 selected")
        await page.keyboard.press("a")
        await expect(page.get_by_test_id("deciding")).to_contain_text("Together 0")
        await api.post(f"/hitl/tasks/{first['id']}/decide", json={"action": "reject", "revision": 1})
        await page.get_by_test_id("deciding-send").click()
        await expect(page.get_by_test_id("bulk-progress")).to_contain_text("2 of 3 done, 1 not")
        await expect(page.get_by_test_id("deciding")).to_contain_text("decided reject at")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("undo-toast")).to_contain_text("2 tasks: you approved")


async def test_new_tasks_come_by_themselves_and_move_nothing_under_the_pointer(
    page: Page, stack: Stack
) -> None:
    async with stack.api() as api:
        await asking(api, "Moving", 1)
        await page.goto("/inbox?q=moving")
        await row(page, "Moving 0").hover()
        count = page.get_by_test_id("nav-inbox").first.get_by_test_id("inbox-count")
        before = int(await count.inner_text())
        await asking(api, "Moving again", 2)
        await expect(page.get_by_test_id("fresh")).to_have_text("2 new")
        await expect(count).to_have_text(str(before + 2))
        await expect(page.get_by_test_id("task-row")).to_have_count(1)
        await page.get_by_test_id("fresh").click()
        await expect(page.get_by_test_id("task-row")).to_have_count(3)


async def test_a_view_is_kept_renamed_and_deleted(page: Page, stack: Stack) -> None:
    await page.goto("/inbox?q=nothing-like-that&sort=due")
    await expect(page.get_by_test_id("inbox-empty")).to_contain_text("No such tasks")
    await page.get_by_test_id("keep-view").click()
    await page.get_by_label("Name of the view").fill("My view")
    await page.keyboard.press("Enter")
    views = page.get_by_test_id("saved-views")
    await expect(views.get_by_role("link", name="My view")).to_have_attribute("aria-current", "page")
    await views.get_by_role("button", name="Rename My view").click()
    await page.get_by_label("Name of the view").fill("Another")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("queue-done").click()
    await views.get_by_role("link", name="Another").click()
    await expect(page.get_by_test_id("search")).to_have_value("nothing-like-that")
    await views.get_by_role("button", name="Delete Another").click()
    await views.get_by_role("button", name="Delete?").click()
    await expect(views).to_have_count(0)


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("inbox") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    yield stack
    await stack.stop()


async def looking(browser: Browser, team: Stack, api: httpx.AsyncClient, path: str) -> Page:
    """Return a page in a browser context of its own, as who is signed in at the API."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=team.url)
    await context.add_cookies(
        [{"name": name, "value": value, "url": team.url} for name, value in api.cookies.items()]
    )
    page = await context.new_page()
    await page.goto(path)
    return page


async def test_two_people_look_at_one_list_and_the_late_one_is_told_by_whom_and_when(
    browser: Browser, team: Stack
) -> None:
    async with asyncio.timeout(30):
        while "/set-up#token=" not in (team.data_dir / "logs" / "web.log").read_text():
            await asyncio.sleep(0.1)
    token = parse_qs(urlsplit(team.set_up_address()).fragment)["token"][0]
    person = {"workspace": "Lab", "name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    async with team.api() as ada, team.api() as bob:
        (await ada.post("/auth/set-up", json={"token": token, **person})).raise_for_status()
        body = {"email": "bob@example.org", "roles": ["reviewer"]}
        link = (await ada.post("/invitations", json=body)).raise_for_status().json()["url"]
        joined = {"token": parse_qs(urlsplit(link).fragment)["token"][0], "name": "Bob", "password": PASSWORD}
        (await bob.post("/auth/invitation/accept", json=joined)).raise_for_status()
        await asking(ada, "Shared", 2)
        hers, his = [await looking(browser, team, api, "/inbox") for api in (ada, bob)]
        await row(his, "Shared 0").hover()
        await his.keyboard.press("j")
        await his.keyboard.press("j")
        await expect(row(his, "Shared 0")).to_have_attribute("data-current", "")
        await his.keyboard.press("r")  # he thinks about why while she approves
        await expect(his.get_by_test_id("deciding")).to_be_visible()
        await row(hers, "Shared 0").get_by_role("link").focus()
        await hers.keyboard.press("a")
        await expect(row(his, "Shared 0").get_by_test_id("task-outcome")).to_contain_text(
            re.compile(r"approved by Ada, can be undone for \d+ s")
        )
        await his.get_by_test_id("deciding-send").click()
        await expect(
            his.get_by_text(re.compile(r"Ada decided approve at \d{4}-\d\d-\d\d \d\d:\d\d UTC"))
        ).to_be_visible()
        await expect(row(hers, "Shared 1")).to_be_visible()
        await expect(hers.get_by_test_id("task-row")).to_have_count(1)
        await hers.keyboard.press("z")
        await expect(row(hers, "Shared 0")).to_be_visible()
        await expect(row(his, "Shared 0").get_by_test_id("task-outcome")).to_have_count(0)
        for page in (hers, his):
            await page.context.close()
