"""One workbench and one Chromium for all browser tests; each test has a page and workflows of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.stack import Stack
from tests.e2e.witness import Witness

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
