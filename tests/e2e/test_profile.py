"""The profile page in a team: keys that are shown once and work, sessions that end, somebody acted as."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stack import Stack, own_origin
from tests.e2e.test_sign_in import EMAIL, PASSWORD, sign_in, visitor


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A team's workbench that Ada has set up."""
    stack = Stack(tmp_path_factory.mktemp("profile") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    async with stack.api() as api:
        await api.get(stack.url)  # the first to open a page has the address written
        token = stack.set_up_address().partition("token=")[2]
        person = {"workspace": "Lab", "name": "Ada", "email": EMAIL, "password": PASSWORD}
        (await api.post("/auth/set-up", json={"token": token, **person})).raise_for_status()
    yield stack
    await stack.stop()


@pytest.fixture
async def ada(browser: Browser, team: Stack) -> AsyncIterator[Page]:
    """Ada in a browser, on her profile page."""
    context = await visitor(browser, team)
    page = await context.new_page()
    await page.goto("/settings/profile")
    await sign_in(page)
    await expect(page.get_by_test_id("sessions")).to_be_visible()
    yield page
    await context.close()


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(ada: Page, team: Stack) -> None:
    await ada.get_by_test_id("make-personal-key").click()
    form = ada.get_by_test_id("personal-key-form")
    await form.get_by_role("textbox").fill("Nightly import")
    await form.get_by_role("button", name="Make key").click()
    key = await ada.get_by_test_id("key-text").inner_text()
    row = ada.get_by_test_id("personal-keys").get_by_role("listitem")
    await expect(row).to_contain_text("Nightly import")
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"{team.url}/api/v1", headers=headers) as program:
        assert (await program.get("/runs")).status_code == 200
        await ada.reload()
        await expect(row).to_contain_text(key[:11])
        assert key not in await ada.content()
        await row.get_by_role("button", name="Revoke the key Nightly import").click()
        await ada.get_by_test_id("confirm-action").click()
        await expect(ada.get_by_test_id("personal-keys")).to_have_count(0)
        assert (await program.get("/runs")).status_code == 401


async def test_signing_out_everywhere_else_ends_the_other_browser(
    ada: Page, browser: Browser, team: Stack
) -> None:
    elsewhere = await visitor(browser, team)
    other = await elsewhere.new_page()
    await other.goto("/settings/profile")
    await sign_in(other)
    await expect(other.get_by_test_id("sessions")).to_be_visible()
    await ada.reload()
    await ada.get_by_role("button", name="Sign out everywhere else").click()
    await expect(ada.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(1)
    await expect(other).to_have_url(re.compile("/sign-in"))  # the open tab is led there by itself
    await elsewhere.close()


async def test_a_new_name_is_kept(ada: Page) -> None:
    form = ada.get_by_test_id("name-form")
    await form.get_by_label("Name").fill("Ada Lovelace")
    await form.get_by_role("button", name="Save name").click()
    await expect(ada.get_by_test_id("person")).to_contain_text("Ada Lovelace")
    await ada.reload()
    await expect(form.get_by_label("Name")).to_have_value("Ada Lovelace")
    await form.get_by_label("Name").fill("Ada")
    await form.get_by_role("button", name="Save name").click()
    await expect(ada.get_by_test_id("person")).to_have_text("Ada")


async def test_acting_as_somebody_is_on_every_page_until_one_is_oneself_again(ada: Page) -> None:
    made = await ada.request.post(
        "/api/v1/invitations",
        data={"email": "bob@example.org", "roles": ["operator"]},
        headers=own_origin(ada),
    )
    token = (await made.json())["url"].partition("token=")[2]
    bob = {"token": token, "name": "Bob", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=ada.url.partition("/settings")[0]) as visitor_:
        (await visitor_.post("/api/v1/auth/invitation/accept", json=bob)).raise_for_status()
    people = await (await ada.request.get("/api/v1/users", params={"search": "Bob"})).json()
    user = {"user_id": people["items"][0]["id"]}
    await ada.request.post("/api/v1/impersonation", data=user, headers=own_origin(ada))
    banner = ada.get_by_test_id("impersonation-banner")
    for path in ("/", "/runs", "/settings/profile"):
        await ada.goto(path)
        await expect(banner).to_contain_text("You act as Bob")
    await expect(ada.get_by_test_id("not-yours")).to_be_visible()
    await banner.get_by_role("button", name="Act as yourself again").click()
    await expect(ada.get_by_test_id("person")).to_contain_text("Ada")
    await expect(banner).to_have_count(0)
