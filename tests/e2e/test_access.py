"""What somebody may do changes while they have a tab open: it follows at once, without being loaded anew."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stack import Stack

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Someone:
    """A person who is signed in, in a browser and at the API."""

    id: str
    api: httpx.AsyncClient
    page: Page


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("access") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture(scope="module")
async def ada(team: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The first administrator, at the API."""
    token = await set_up_token(team)
    ada = {"workspace": "Lab", "name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    async with team.api() as api:
        assert (await api.post("/auth/set-up", json={"token": token, **ada})).status_code == 204
        yield api


async def set_up_token(team: Stack) -> str:
    """Wait for the address in the log, which the web process writes once it serves; return its token."""
    async with asyncio.timeout(30):
        while "/set-up#token=" not in (team.data_dir / "logs" / "web.log").read_text():
            await asyncio.sleep(0.1)
    return parse_qs(urlsplit(team.set_up_address()).fragment)["token"][0]


@pytest.fixture
async def bob(team: Stack, ada: httpx.AsyncClient, browser: Browser) -> AsyncIterator[Someone]:
    """A new viewer, who looks at the list of workflows."""
    invited = (await ada.get("/users")).json()["items"]
    email = f"bob{len(invited)}@example.org"
    link = (await ada.post("/invitations", json={"email": email, "roles": ["viewer"]})).json()
    token = parse_qs(urlsplit(link["url"]).fragment)["token"][0]
    async with team.api() as api:
        joined = {"token": token, "name": "Bob", "password": PASSWORD}
        assert (await api.post("/auth/invitation/accept", json=joined)).status_code == 204
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=team.url)
        await context.add_cookies(
            [{"name": name, "value": value, "url": team.url} for name, value in api.cookies.items()]
        )
        page = await context.new_page()
        await page.goto("/")
        await expect(page.get_by_test_id("person")).to_contain_text("Bob")
        await page.evaluate("window.sameTab = true")
        yield Someone((await api.get("/users/me")).json()["id"], api, page)
        await context.close()


async def test_a_role_takes_effect_in_an_open_tab(ada: httpx.AsyncClient, bob: Someone) -> None:
    new = bob.page.get_by_test_id("new-workflow").first
    await expect(new).to_be_disabled()
    await expect(new).to_have_attribute("title", re.compile("None of your roles"))
    assert (await ada.put(f"/members/{bob.id}", json={"roles": ["designer"]})).status_code == 200
    await expect(new).to_be_enabled()
    assert (await ada.put(f"/members/{bob.id}", json={"roles": ["viewer"]})).status_code == 200
    await expect(new).to_be_disabled()
    assert await bob.page.evaluate("window.sameTab")


async def test_a_workflow_that_is_narrowed_leaves_an_open_list(ada: httpx.AsyncClient, bob: Someone) -> None:
    document = {"format": "workbench/1", "name": "Payroll", "nodes": [], "edges": []}
    made = (await ada.post("/workflows", json={"document": document})).json()
    await bob.page.reload()
    row = bob.page.get_by_test_id("workflow-row").filter(has_text="Payroll")
    await expect(row).to_be_visible()
    assert (await ada.put(f"/workflows/{made['id']}/access", json={"narrowed": True})).status_code == 200
    await expect(row).to_have_count(0)
    await ada.put(f"/workflows/{made['id']}/access", json={"narrowed": True, "open_to": [bob.id]})
    await expect(row.get_by_test_id("narrowed")).to_be_visible()


async def test_another_workspace_is_shown_in_every_tab_of_the_session(
    ada: httpx.AsyncClient, bob: Someone
) -> None:
    other = (await ada.post("/workspaces", json={"name": "Research"})).json()["id"]
    here = {"Workbench-Workspace": other}
    given = await ada.put(f"/members/{bob.id}", json={"roles": ["designer"]}, headers=here)
    assert given.status_code == 200
    switch = bob.page.get_by_test_id("workspace-switch")
    await expect(switch).to_contain_text("Lab")
    assert (await bob.api.post(f"/workspaces/{other}/choose")).status_code == 204
    await expect(switch).to_contain_text("Research")
    await expect(bob.page.get_by_test_id("new-workflow").first).to_be_enabled()


async def test_who_is_disabled_is_out_of_an_open_tab(ada: httpx.AsyncClient, bob: Someone) -> None:
    assert (await ada.patch(f"/users/{bob.id}", json={"disabled": True})).status_code == 200
    await expect(bob.page).to_have_url(re.compile("/sign-in"))


async def test_a_session_that_ends_elsewhere_ends_in_an_open_tab(bob: Someone) -> None:
    assert (await bob.api.post("/auth/sign-out")).status_code < 300
    await expect(bob.page).to_have_url(re.compile("/sign-in"))
