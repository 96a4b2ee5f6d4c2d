"""Signing in through identity providers in a browser: a real Keycloak, at another site than the workbench."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.stack import Stack, free_port, own_origin
from tests.oidc import processes
from tests.oidc.processes import REALM, Keycloak

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A sign-in asks Keycloak, Java beside everything else, several times: more patience than for a click."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A team's workbench."""
    stack = Stack(tmp_path_factory.mktemp("providers") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory, team: Stack) -> Iterator[Keycloak]:
    """A real Keycloak with the realm that we ship, in which Ada and Rob have been given passwords."""
    folder = tmp_path_factory.mktemp("keycloak")
    with processes.keycloak(folder, port=free_port(), workbench=team.url, host="localhost") as found:
        for name in ("ada", "rob"):
            found.set_password(name, f"{name}-of-the-tests")
        yield found


@pytest.fixture(scope="module")
async def operator(browser: Browser, team: Stack) -> AsyncIterator[Page]:
    """The first administrator, who has a password here."""
    context = await visitor(browser, team)
    token = team.set_up_address().partition("token=")[2]
    said = {"token": token, "workspace": "Lab", "name": "Olga", "email": "olga@example.org"}
    await context.request.post("/api/v1/auth/set-up", data={**said, "password": PASSWORD})
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="module")
async def connected(operator: Page, keycloak: Keycloak) -> None:
    """Keycloak is set up as a provider, through the pages."""
    await operator.goto("/settings/providers")
    form = operator.get_by_test_id("provider-form")
    await form.get_by_label("Name").fill("Keycloak")
    await form.get_by_label("Issuer").fill(keycloak.issuer)
    await form.get_by_label("Client id").fill("workbench")
    await form.get_by_label("Client secret").fill(keycloak.secret("workbench"))
    await form.get_by_role("button", name="Test the issuer").click()
    await expect(operator.get_by_test_id("provider-told")).to_contain_text("People sign in at")
    await form.get_by_role("button", name="Set up provider").click()
    await expect(operator).to_have_url(re.compile("/settings/providers/keycloak"))
    for role in ("Reviewer", "Designer"):
        await mapped(operator, "Role of the realm", role.lower(), f"{role} in Lab")
    await mapped(operator, "Role of the client", "administrator", "Administrator of the installation")


async def mapped(page: Page, claim: str, value: str, gives: str) -> None:
    """Add a line to the table of a provider's page."""
    form = page.get_by_test_id("mapping-form")
    await form.get_by_label("Claim").select_option(label=claim)
    await form.get_by_label("Value").fill(value)
    await form.get_by_label("Gives").select_option(label=gives)
    await form.get_by_role("button", name="Add mapping").click()
    await expect(page.get_by_test_id("mappings").locator("li").filter(has_text=value)).to_contain_text(gives)


async def visitor(browser: Browser, team: Stack) -> BrowserContext:
    """A browser that has never been here."""
    return await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=team.url)


@pytest.fixture
async def page(browser: Browser, team: Stack, connected: None) -> AsyncIterator[Page]:
    """A page of a browser that has never been here."""
    context = await visitor(browser, team)
    yield await context.new_page()
    await context.close()


async def to_keycloak(page: Page, *, asked: str = "/") -> None:
    """Ask for a page, and go to Keycloak's form."""
    await page.goto(asked)
    await page.get_by_role("link", name="Continue with Keycloak").click()
    await expect(page).to_have_url(re.compile("^http://localhost:"))


async def fill_in(page: Page, name: str, password: str | None = None) -> None:
    """Fill in Keycloak's form."""
    await page.locator("#username").fill(name)
    await page.locator("#password").fill(password or f"{name}-of-the-tests")
    await page.locator("#kc-login").click()


async def sign_in(page: Page, name: str) -> None:
    """Sign in through Keycloak."""
    await to_keycloak(page)
    await fill_in(page, name)
    await expect(page.get_by_test_id("person")).to_contain_text(f"{name.title()} Demo")


async def test_the_addresses_to_register_are_those_of_the_realm_file(
    operator: Page, connected: None, team: Stack
) -> None:
    realm = json.loads(REALM.read_text())
    client = next(one for one in realm["clients"] if one["clientId"] == "workbench")
    await operator.goto("/settings/providers/keycloak")
    shown = operator.locator(".wb-facts")
    await expect(shown).to_contain_text(f"{team.url}{client['redirectUris'][0]}")
    for name in ("backchannel.logout.url", "post.logout.redirect.uris"):
        await expect(shown).to_contain_text(f"{team.url}{client['attributes'][name]}")


async def test_a_person_comes_back_to_the_page_they_wanted_with_the_role_of_the_mapping(page: Page) -> None:
    await to_keycloak(page, asked="/runs?status=failed")
    await fill_in(page, "rob", "not the password")
    await expect(page.get_by_text("Invalid username or password").first).to_be_visible()
    await fill_in(page, "rob")
    await expect(page).to_have_url(re.compile(r"/runs/?\?status=failed"))
    await expect(page.get_by_test_id("person")).to_contain_text("Rob Demo")
    await page.goto("/")
    await expect(page.get_by_role("main")).to_contain_text("for the role designer")


async def test_who_administers_the_installation_there_does_so_here(page: Page) -> None:
    await sign_in(page, "ada")
    await expect(page.get_by_test_id("new-workflow").first).to_be_enabled()
    await page.goto("/settings/providers")
    await expect(page.get_by_test_id("providers")).to_contain_text("Keycloak")


async def test_who_does_not_agree_is_told_so_and_comes_back_to_the_sign_in_page(
    page: Page, keycloak: Keycloak
) -> None:
    keycloak.change("workbench", consentRequired=True)
    try:
        await to_keycloak(page)
        await fill_in(page, "rob")
        await page.locator("#kc-cancel").click()
        await expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text(
            "Keycloak did not sign you in: you did not agree"
        )
        await page.get_by_role("link", name="Back to sign-in").click()
        await expect(page).to_have_url(re.compile("/sign-in"))
    finally:
        keycloak.change("workbench", consentRequired=False)


async def test_a_secret_that_is_wrong_here_is_told_as_the_administrator_s_to_mend(
    page: Page, operator: Page, keycloak: Keycloak
) -> None:
    await store_secret(operator, "not the secret")
    try:
        await to_keycloak(page)
        await fill_in(page, "rob")
        await expect(page.get_by_role("heading", name="Sign-in is not set up right")).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text(
            "An administrator checks the client's id, its secret"
        )
    finally:
        await store_secret(operator, keycloak.secret("workbench"))


async def store_secret(operator: Page, secret: str) -> None:
    """Change the client's secret on the provider's page."""
    await operator.goto("/settings/providers/keycloak")
    form = operator.get_by_test_id("settings-form")
    await form.get_by_label("Client secret").fill(secret)
    await form.get_by_role("button", name="Save settings").click()
    await expect(operator.get_by_text("is stored.")).to_be_visible()


async def test_signing_out_here_signs_out_there(page: Page) -> None:
    await sign_in(page, "rob")
    await page.get_by_test_id("sign-out").click()
    await expect(page).to_have_url(re.compile(r"127\.0\.0\.1:\d+/sign-in/?$"))
    await to_keycloak(page)
    await expect(page.locator("#password")).to_be_visible()  # Keycloak asks again


async def test_sessions_that_end_at_keycloak_lead_every_open_tab_to_the_sign_in_page(
    page: Page, browser: Browser, team: Stack, keycloak: Keycloak
) -> None:
    context = await visitor(browser, team)
    tabs = [page, await context.new_page()]
    for one in tabs:
        await sign_in(one, "rob")
    await asyncio.to_thread(keycloak.admin, "POST", f"/users/{keycloak.user('rob')['id']}/logout")
    for one in tabs:
        await expect(one).to_have_url(re.compile("/sign-in"), timeout=20_000)
    await context.close()


async def test_a_provider_that_is_away_is_told_on_a_page_that_leads_back(page: Page, operator: Page) -> None:
    gone = {"name": "Gone", "issuer": f"http://127.0.0.1:{free_port()}", "client_id": "workbench"}
    added = await operator.request.post("/api/v1/providers", data=gone, headers=own_origin(operator))
    assert added.ok, await added.text()
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Continue with Gone").click()
    await expect(page.get_by_role("heading", name="The identity provider is away")).to_be_visible()
    await page.get_by_role("link", name="Back to sign-in").click()
    await expect(page.get_by_role("link", name="Continue with Keycloak")).to_be_visible()


async def test_a_person_signs_in_through_a_provider_that_is_no_keycloak(
    page: Page, operator: Page, team: Stack
) -> None:
    where = f"{team.url}/api/v1/auth/oidc/other/callback"
    with processes.node_provider(port=free_port(), redirect_uri=where) as other:
        said = {"name": "Other", "issuer": other.issuer, "client_id": "workbench", "secret": other.secret}
        added = await operator.request.post("/api/v1/providers", data=said, headers=own_origin(operator))
        assert added.ok, await added.text()
        await page.goto("/sign-in?next=/runs")
        await page.get_by_role("link", name="Continue with Other").click()
        await expect(page.get_by_text("Who are you?")).to_be_visible()
        await page.goto(f"{page.url}?as=kim-1")
        await expect(page).to_have_url(re.compile(f"^{team.url}/runs/?$"))
        await expect(page.get_by_test_id("person")).to_contain_text("kim-1")
        await expect(page.get_by_role("main")).to_contain_text("You belong to no workspace yet")
