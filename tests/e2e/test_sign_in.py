"""A team's workbench in a browser: from the address in the log to somebody who signs in and out."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.stack import Stack

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A team's workbench that nobody has set up yet."""
    stack = Stack(tmp_path_factory.mktemp("team") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    yield stack
    await stack.stop()


async def visitor(browser: Browser, team: Stack) -> BrowserContext:
    """A browser that has never been here."""
    return await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=team.url)


@pytest.fixture
async def page(browser: Browser, team: Stack) -> AsyncIterator[Page]:
    context = await visitor(browser, team)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def ada(page: Page, team: Stack) -> Page:
    """The first administrator, signed in; the workbench is set up if it is not yet."""
    answer = await page.request.post(
        "/api/v1/auth/set-up",
        data={
            "token": team.set_up_address().partition("token=")[2],
            "workspace": "Lab",
            "name": "Ada",
            "email": EMAIL,
            "password": PASSWORD,
        },
    )
    await page.goto("/")
    if not answer.ok:
        await sign_in(page)
    await expect(page.get_by_test_id("person")).to_contain_text("Ada")
    return page


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_the_address_in_the_log_leads_to_the_first_administrator(page: Page, team: Stack) -> None:
    await page.goto("/runs")
    await expect(page).to_have_url(re.compile("/set-up/?$"))
    await expect(page.get_by_label("Set-up token")).to_be_visible()

    await page.goto("about:blank")
    await page.goto(team.set_up_address())
    await expect(page.get_by_label("Set-up token")).to_have_count(0)
    assert "token" not in page.url
    await page.get_by_label("Workspace").fill("Lab")
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password").fill("aaaaaaaaaaaaaaa")
    await page.get_by_role("button", name="Set up").click()
    await expect(page.get_by_test_id("field-password")).to_contain_text("too easy to guess")

    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Set up").click()
    await expect(page.get_by_test_id("person")).to_contain_text("Ada")

    await page.goto(team.set_up_address())
    await expect(page).to_have_url(re.compile(f"^{team.url}/(#.*)?$"))  # it is used


async def test_signing_in_leads_on_to_the_page_that_was_asked_for(
    ada: Page, browser: Browser, team: Stack
) -> None:
    context = await visitor(browser, team)
    page = await context.new_page()
    await page.goto("/runs?status=failed")
    await expect(page).to_have_url(re.compile(r"/sign-in/?\?next="))
    await sign_in(page, "not the password")
    await expect(page.get_by_test_id("entrance-error")).to_contain_text("is not right")
    await sign_in(page)
    await expect(page).to_have_url(re.compile(r"/runs/?\?status=failed"))
    await expect(page.get_by_test_id("person")).to_contain_text("Ada")
    await context.close()


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"]
)
async def test_signing_in_never_leads_elsewhere(page: Page, ada: Page, team: Stack, elsewhere: str) -> None:
    await ada.context.clear_cookies()
    await ada.goto(f"/sign-in?next={elsewhere}")
    await sign_in(ada)
    await expect(ada).to_have_url(re.compile(f"^{team.url}/?$"))


async def test_signing_out_leads_to_the_sign_in_page_and_nothing_opens_any_more(ada: Page) -> None:
    await ada.get_by_test_id("sign-out").click()
    await expect(ada).to_have_url(re.compile("/sign-in/?$"))
    await ada.goto("/settings")
    await expect(ada).to_have_url(re.compile("/sign-in"))
    assert (await ada.request.get("/api/v1/workflows")).status == 401


async def test_a_session_that_ended_elsewhere_leads_an_open_tab_to_the_sign_in_page(
    ada: Page, team: Stack
) -> None:
    other = await ada.context.new_page()
    await other.goto("/settings")
    again = other.get_by_role("button", name="Ask again")
    await expect(again).to_be_visible()
    await ada.get_by_test_id("sign-out").click()
    await expect(ada).to_have_url(re.compile("/sign-in"))
    await again.click()
    await expect(other).to_have_url(re.compile(r"/sign-in/?\?next=%2Fsettings"))
    await sign_in(other)
    await expect(other).to_have_url(re.compile(r"/settings"))
