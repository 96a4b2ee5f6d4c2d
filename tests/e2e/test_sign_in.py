"""A team's workbench in a browser: from the address in the log to somebody who signs in and out."""

import re
import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.stack import Stack, own_origin
from workbench.auth import totp

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
    await expect(other.get_by_role("button", name="Ask again")).to_be_visible()
    await ada.get_by_test_id("sign-out").click()
    await expect(ada).to_have_url(re.compile("/sign-in"))
    await expect(other).to_have_url(re.compile(r"/sign-in/?\?next=%2Fsettings"))
    await sign_in(other)
    await expect(other).to_have_url(re.compile(r"/settings"))


async def test_the_audit_log_is_exported_as_a_file(ada: Page) -> None:
    await ada.goto("/settings/audit")
    async with ada.expect_download() as downloading:
        await ada.get_by_role("link", name="Export CSV").click()
    download = await downloading.value
    assert download.suggested_filename == "audit.csv"
    assert ",set-up," in (await download.path()).read_text()


async def test_an_invitation_is_taken_in_another_browser_and_is_good_once(
    ada: Page, browser: Browser, team: Stack
) -> None:
    invited = await ada.request.post(
        "/api/v1/invitations",
        data={"email": "bob@example.org", "roles": ["designer"]},
        headers=own_origin(ada),
    )
    link = (await invited.json())["url"]
    context = await visitor(browser, team)
    bob = await context.new_page()
    await bob.goto(link)
    await expect(bob.get_by_role("heading", name="Join Lab")).to_be_visible()
    assert "token" not in bob.url
    await bob.get_by_label("Your name").fill("Bob")
    await bob.get_by_label("Password").fill("another horse battery")
    await bob.get_by_role("button", name="Join and sign in").click()
    await expect(bob.get_by_test_id("person")).to_contain_text("Bob")
    await context.clear_cookies()
    await bob.goto(link)
    await expect(bob.get_by_test_id("entrance-error")).to_contain_text("not good any more")
    await context.close()


async def test_a_reset_signs_out_and_leads_to_the_sign_in_page(
    ada: Page, browser: Browser, team: Stack
) -> None:
    me = (await (await ada.request.get("/api/v1/users/me")).json())["id"]
    made = await ada.request.post(f"/api/v1/users/{me}/reset", headers=own_origin(ada))
    link = (await made.json())["url"]
    context = await visitor(browser, team)
    page = await context.new_page()
    await page.goto(link)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    await page.get_by_role("link", name="Sign in").click()
    await sign_in(page)
    await expect(page.get_by_test_id("person")).to_contain_text("Ada")
    assert (await ada.request.get("/api/v1/workflows")).status == 401
    await context.close()


async def test_a_second_factor_is_asked_for_until_it_is_taken_off(ada: Page) -> None:
    await ada.goto("/settings/security")
    factor = ada.get_by_test_id("second-factor")
    await factor.get_by_label("Your password").fill(PASSWORD)
    await factor.get_by_role("button", name="Set up a second factor").click()
    await expect(factor.get_by_role("img", name="QR code").locator("svg")).to_be_visible()
    secret = (await factor.locator("code").inner_text()).replace(" ", "")
    step = int(time.time()) // totp.STEP_S
    await factor.get_by_role("textbox", name="Code").fill(totp.code(secret, step))
    await factor.get_by_role("button", name="Confirm").click()
    await expect(factor).to_contain_text("On:")

    await ada.get_by_test_id("sign-out").click()
    await sign_in(ada)
    await expect(ada.get_by_label("Code")).to_be_focused()
    await ada.get_by_label("Code").fill(totp.code(secret, step))
    await ada.get_by_role("button", name="Sign in").click()
    await expect(ada.get_by_role("alert")).to_contain_text("used already")
    await ada.get_by_label("Code").fill(totp.code(secret, step + 1))
    await ada.get_by_role("button", name="Sign in").click()
    await expect(ada.get_by_test_id("person")).to_contain_text("Ada")

    await ada.goto("/settings/security")
    await factor.get_by_label("Your password").fill(PASSWORD)
    await factor.get_by_role("button", name="Take off").click()
    await expect(factor).to_contain_text("Off:")
