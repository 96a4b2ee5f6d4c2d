"""One workbench and one Chromium for all browser tests; each test has a page and workflows of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.someone import PASSWORD, Someone, set_up_token
from tests.e2e.stack import Stack
from tests.e2e.witness import Witness

expect.set_options(timeout=15_000)  # a busy machine may take long

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    home = tmp_path_factory.mktemp("e2e") / "data"
    stack = Stack(home, variables={"WORKBENCH_PYTHON": "process"})
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is missing; bash tests/run installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, stack: Stack, tmp_path: Path) -> AsyncIterator[Page]:
    """A page at 1440×900 that fails the test when the page itself reports an error."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=stack.url)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()
    yield witness
    witness.close()


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
