"""A real Keycloak, from the realm file that we ship: in, what that gives, and out again, from both ends."""

import asyncio
import time

import httpx
import pytest

from tests.oidc.browser import Browser
from tests.oidc.processes import Keycloak
from workbench.auth.principal import Principal
from workbench.services import providers, sessions
from workbench.services.oidc import kept, upkeep
from workbench.services.providers import Provider
from workbench.services.resources import Resources


async def sign_in(browser: Browser, name: str, *, next: str = "/runs") -> httpx.Response:
    """Sign in through Keycloak as a person does."""
    form = await browser.open(f"/api/v1/auth/oidc/keycloak/start?next={next}")
    return await browser.submit(form, username=name, password=f"{name}-of-the-tests")


async def me(browser: Browser) -> dict[str, object]:
    answer = await browser.api("/users/me")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def session_of(browser: Browser) -> sessions.Session:
    session = await sessions.read(browser.http.cookies["workbench"])
    assert session is not None
    return session


async def due(browser: Browser, resources: Resources) -> None:
    """Let it be time to ask the provider about a session."""
    session = await session_of(browser)
    await resources.redis.delete(kept.good(session.id))
    await resources.redis.zadd(kept.DUE, {session.id: 0})


@pytest.fixture(autouse=True)
def ready(realm: Provider) -> None:
    """Keycloak is a provider here."""


async def test_a_person_signs_in_and_goes_on_to_the_page_they_wanted(
    browser: Browser, workspace: str
) -> None:
    answer = await sign_in(browser, "rob", next="/runs%3Fstatus%3Dfailed")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/runs?status=failed"
    assert await browser.name() == "Rob Demo"


async def test_roles_groups_and_administration_come_from_the_token(
    browser: Browser, workspace: str, group: str, workbench: str
) -> None:
    await sign_in(browser, "rob")
    rob = await me(browser)
    assert rob["administrator"] is False
    assert "tasks:decide" in str(rob["actions"])
    assert "workflows:write" not in str(rob["actions"])
    other = Browser(workbench)
    await sign_in(other, "ada")
    assert (await me(other))["administrator"] is True
    await other.http.aclose()


async def test_a_role_that_changes_at_the_provider_changes_here_with_the_next_refresh(
    browser: Browser, keycloak: Keycloak, resources: Resources
) -> None:
    await sign_in(browser, "rob")
    keycloak.realm_role("rob", "designer", given=True)
    try:
        await due(browser, resources)
        await upkeep.once()
        assert "workflows:write" in str((await me(browser))["actions"])
    finally:
        keycloak.realm_role("rob", "designer", given=False)
    await due(browser, resources)
    assert "workflows:write" not in str((await me(browser))["actions"])


async def test_who_is_disabled_at_the_provider_is_out_when_the_token_is_due(
    browser: Browser, keycloak: Keycloak, resources: Resources
) -> None:
    lifespan = keycloak.admin("GET", "")["accessTokenLifespan"]
    keycloak.admin("PUT", "", {"accessTokenLifespan": 2})
    try:
        await sign_in(browser, "rob")
        keycloak.enable("rob", enabled=False)
        began = time.monotonic()
        while await browser.name() is not None:
            assert time.monotonic() - began < 60
            await asyncio.sleep(0.2)
        assert "workbench" in browser.http.cookies  # the cookie is still sent: it is the session that ended
    finally:
        keycloak.enable("rob", enabled=True)
        keycloak.admin("PUT", "", {"accessTokenLifespan": lifespan})


async def test_no_session_is_good_for_longer_than_a_minute_without_its_provider(
    browser: Browser, resources: Resources
) -> None:
    await sign_in(browser, "rob")
    session = await session_of(browser)
    assert 0 < await resources.redis.pttl(kept.good(session.id)) <= 45_000


async def out_within(seconds: float, *browsers: Browser) -> bool:
    """Wait until nobody is signed in in any of the browsers, and return whether that is so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any([await browser.name() for browser in browsers]):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_all_sessions_of_somebody_that_end_at_the_provider_end_here(
    browser: Browser, keycloak: Keycloak, workbench: str
) -> None:
    browsers = [browser, Browser(workbench), Browser(workbench)]
    for one in browsers:
        await sign_in(one, "rob")
    path = f"/users/{keycloak.user('rob')['id']}/logout"
    await asyncio.to_thread(keycloak.admin, "POST", path)  # meanwhile Keycloak calls us, for one of them
    assert await out_within(20, *browsers)


async def test_a_session_that_ends_at_the_provider_ends_here_and_no_other(
    browser: Browser, keycloak: Keycloak, workbench: str
) -> None:
    other = Browser(workbench)
    for one in (browser, other):
        await sign_in(one, "rob")
    path = f"/sessions/{(await session_of(browser)).provider_sid}"
    await asyncio.to_thread(keycloak.admin, "DELETE", path)
    assert await out_within(20, browser)
    assert await kept.is_doubted((await session_of(other)).id)
    await asyncio.sleep(1.5)  # until it is asked about
    assert await other.name() == "Rob Demo"


async def test_a_provider_that_does_not_say_which_session_ended_ends_all_of_the_person_s(
    browser: Browser, keycloak: Keycloak, workbench: str
) -> None:
    name = "backchannel.logout.session.required"
    keycloak.change("workbench", attributes={name: "false"})
    try:
        other, ada = Browser(workbench), Browser(workbench)
        for one, who in ((browser, "rob"), (other, "rob"), (ada, "ada")):
            await sign_in(one, who)
        path = f"/sessions/{(await session_of(browser)).provider_sid}"
        await asyncio.to_thread(keycloak.admin, "DELETE", path)
        assert (await browser.name(), await other.name()) == (None, None)
        assert await ada.name() == "Ada Demo"
    finally:
        keycloak.change("workbench", attributes={name: "true"})


async def test_the_provider_s_page_ends_the_session_in_a_frame(browser: Browser, keycloak: Keycloak) -> None:
    await sign_in(browser, "rob")
    sid = (await session_of(browser)).provider_sid
    assert sid
    async with httpx.AsyncClient() as frame:  # browsers send no cookies of ours into foreign frames
        path = f"{browser.workbench}/api/v1/auth/oidc/keycloak/frontchannel-logout"
        for iss, session in (
            ("https://elsewhere.example", sid),
            (keycloak.issuer, "guessed"),
            (keycloak.issuer, ""),
        ):
            assert (await frame.get(path, params={"iss": iss, "sid": session})).status_code == 200
        assert await browser.name() == "Rob Demo"
        await frame.get(path, params={"iss": keycloak.issuer, "sid": sid})
    assert await browser.name() is None


async def test_signing_out_here_signs_out_there(browser: Browser, keycloak: Keycloak) -> None:
    await sign_in(browser, "rob")
    answer = await browser.api("/auth/sign-out", method="POST")
    leaving = answer.json()["next"]
    assert leaving.startswith(f"{keycloak.issuer}/protocol/openid-connect/logout?")
    back = await browser.open(leaving)
    assert back.headers["location"] == f"{browser.workbench}/sign-in"
    form = await browser.open("/api/v1/auth/oidc/keycloak/start")
    assert 'name="password"' in form.text  # Keycloak asks again


async def test_a_program_calls_the_api_with_a_token_of_its_own(
    browser: Browser, keycloak: Keycloak, realm: Provider, administrator: Principal
) -> None:
    bearer = {"Authorization": f"Bearer {keycloak.token('workbench-api')}"}
    refused = await browser.api("/runs", headers=bearer)
    assert refused.status_code == 401
    settings = {**realm.settings.model_dump(), "service_accounts": True}
    await providers.change_provider(administrator, realm.id, changes={"settings": settings})
    assert (await browser.api("/runs", headers=bearer)).status_code == 200
    assert (await browser.api("/providers", headers=bearer)).status_code == 403


async def test_a_token_whose_program_is_disabled_counts_no_more(
    browser: Browser, keycloak: Keycloak, realm: Provider, administrator: Principal
) -> None:
    settings = {**realm.settings.model_dump(), "service_accounts": True}
    await providers.change_provider(administrator, realm.id, changes={"settings": settings})
    bearer = {"Authorization": f"Bearer {keycloak.token('workbench-api')}"}
    assert (await browser.api("/runs", headers=bearer)).status_code == 200
    keycloak.enable("service-account-workbench-api", enabled=False)
    try:
        await providers.change_provider(
            administrator, realm.id, changes={"enabled": True}
        )  # all is read anew
        assert (await browser.api("/runs", headers=bearer)).status_code == 401
    finally:
        keycloak.enable("service-account-workbench-api", enabled=True)


async def test_a_token_for_another_audience_is_refused(
    browser: Browser, keycloak: Keycloak, realm: Provider, administrator: Principal
) -> None:
    settings = {**realm.settings.model_dump(), "audience": "elsewhere"}
    await providers.change_provider(administrator, realm.id, changes={"settings": settings})
    try:
        answer = await sign_in(browser, "rob")
        assert answer.status_code == 401
        assert "not meant for this workbench" in answer.text
        assert await browser.name() is None
    finally:
        await providers.change_provider(
            administrator, realm.id, changes={"settings": realm.settings.model_dump()}
        )
