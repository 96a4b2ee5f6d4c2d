"""Another provider (oidc-provider from npm): what it gives, and every answer that is not to be believed."""

import asyncio
import time
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlmodel import col

from tests.oidc.browser import Browser
from tests.oidc.processes import NodeProvider
from workbench.auth.principal import Principal
from workbench.db.tables import IdentityRow
from workbench.services import providers, sessions
from workbench.services.oidc import kept
from workbench.services.resources import Resources


def kim() -> str:
    """Return the account of somebody new, with a verified address and groups."""
    return f"kim-{uuid4().hex[:8]}"


async def begin(browser: Browser, other: NodeProvider, *, next: str = "/") -> httpx.Response:
    """Go to the provider, and come to its page that asks who one is."""
    return await browser.open(f"/api/v1/auth/oidc/{other.id}/start?{urlencode({'next': next})}")


async def sign_in(browser: Browser, other: NodeProvider, who: str = "", *, next: str = "/") -> httpx.Response:
    page = await begin(browser, other, next=next)
    return await browser.open(f"{page.url}?as={who or kim()}")


async def callback_of(browser: Browser, other: NodeProvider, who: str = "") -> str:
    """Sign in at the provider; return the address to which it then sends the browser, without going there."""
    page = await begin(browser, other)
    answer = await browser.http.get(f"{page.url}?as={who or kim()}")
    while "/callback?" not in answer.headers["location"]:
        answer = await browser.http.get(answer.headers["location"])
    return str(answer.headers["location"])


async def people(resources: Resources, other: NodeProvider) -> int:
    """Return how many people are known of a provider."""
    query = select(func.count()).where(col(IdentityRow.provider_id) == other.id)
    async with resources.transaction() as session:
        return int((await session.execute(query)).scalar_one())


async def refused(browser: Browser, url: str, words: str) -> None:
    """See a clear page, and that nobody is signed in."""
    answer = await browser.http.get(url)
    assert answer.status_code in (401, 403, 503), answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text
    assert await browser.name() is None


async def test_a_person_gets_what_the_groups_in_their_token_give(
    browser: Browser, other: NodeProvider, workspace: str
) -> None:
    who = kim()
    answer = await sign_in(browser, other, who, next="/inbox?mine=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox?mine=1")
    me = (await browser.api("/users/me")).json()
    assert (me["name"], me["email"]) == (who, f"{who}@example.org")
    assert "tasks:decide" in me["actions"]


async def test_an_address_that_is_not_verified_is_nobody_s(browser: Browser, other: NodeProvider) -> None:
    await sign_in(browser, other, f"lou-{uuid4().hex[:8]}")
    me = (await browser.api("/users/me")).json()
    assert me["email"].endswith(".invalid")
    assert "tasks:decide" not in me["actions"]


async def test_an_account_is_linked_by_its_address_only_if_that_is_allowed(
    browser: Browser, other: NodeProvider, administrator: Principal, resources: Resources, workbench: str
) -> None:
    who = kim()
    await sign_in(browser, other, who)
    first = (await browser.api("/users/me")).json()["id"]
    async with resources.transaction() as session:
        await session.delete(await session.get_one(IdentityRow, (other.id, who)))
    again = Browser(workbench)
    assert "already" in (await sign_in(again, other, who)).text
    assert await again.name() is None
    await providers.change_provider(administrator, other.id, changes={"settings": {"link_by_email": True}})
    await sign_in(again, other, who)
    assert (await again.api("/users/me")).json()["id"] == first


async def test_nobody_gets_an_account_where_none_are_made(
    browser: Browser, other: NodeProvider, administrator: Principal, resources: Resources
) -> None:
    await providers.change_provider(administrator, other.id, changes={"settings": {"create_people": False}})
    before = await people(resources, other)
    await refused(browser, await callback_of(browser, other), "You have no account here")
    assert await people(resources, other) == before


async def test_an_answer_counts_once(browser: Browser, other: NodeProvider, workbench: str) -> None:
    url = await callback_of(browser, other)
    assert (await browser.http.get(url)).status_code == 303
    stolen = Browser(workbench)
    stolen.http.cookies.set("workbench-sign-in", browser.http.cookies["workbench-sign-in"])
    await refused(stolen, url, "Sign in again")


async def test_an_answer_counts_in_the_browser_that_asked(
    browser: Browser, other: NodeProvider, workbench: str, resources: Resources
) -> None:
    url = await callback_of(browser, other)
    before = await people(resources, other)
    await refused(Browser(workbench), url, "another browser")
    assert await people(resources, other) == before


async def test_a_code_that_was_used_is_refused_by_the_provider(
    browser: Browser, other: NodeProvider, workbench: str
) -> None:
    url = await callback_of(browser, other)
    used = parse_qs(urlsplit(url).query)["code"][0]
    assert (await browser.http.get(url)).status_code == 303
    thief = Browser(workbench)
    url = await callback_of(thief, other)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | {"code": used}
    await refused(thief, f"{url.partition('?')[0]}?{urlencode(query)}", "any more")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "https://elsewhere.example"}, "does not come from"),
        ({"iss": None}, "does not come from"),
        ({"state": "invented"}, "Sign in again"),
        ({"state": None}, "Sign in again"),
        ({"state": ""}, "Sign in again"),
        ({"code": None}, "without a code"),
        ({"code": "invented"}, "any more"),
        ({"code": "null"}, "any more"),
        ({"error": "access_denied", "error_description": "<script>alert(1)</script>"}, "(access_denied)"),
        ({"error": "x\r\nSet-Cookie: a=b"}, "xSetCookieab"),
    ],
)
async def test_an_answer_that_was_changed_signs_nobody_in(
    browser: Browser, other: NodeProvider, resources: Resources, changed: dict[str, str | None], words: str
) -> None:
    url = await callback_of(browser, other)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | changed
    kept_ones = {name: value for name, value in query.items() if value is not None}
    changed_url = f"{url.partition('?')[0]}?{urlencode(kept_ones)}"
    before = await people(resources, other)
    await refused(browser, changed_url, words)
    assert "<script>" not in (await browser.http.get(changed_url)).text
    assert await people(resources, other) == before


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: b=c",
        "",
    ],
)
async def test_nobody_is_sent_elsewhere_afterwards(browser: Browser, other: NodeProvider, next: str) -> None:
    answer = await sign_in(browser, other, next=next)
    assert answer.headers["location"] == "/"
    assert "b" not in browser.http.cookies


async def test_a_provider_that_is_down_ends_no_session_and_begins_none(
    browser: Browser, mortal: NodeProvider, resources: Resources, workbench: str
) -> None:
    who = kim()
    await sign_in(browser, mortal, who)
    coming = Browser(workbench)
    url = await callback_of(coming, mortal)
    mortal.end()
    session = await sessions.read(browser.http.cookies["workbench"])
    assert session is not None
    await resources.redis.delete(kept.good(session.id))
    assert await browser.name() == who
    await refused(coming, url, "The identity provider is away")


async def test_refresh_tokens_that_rotate_are_kept(
    browser: Browser, other: NodeProvider, resources: Resources
) -> None:
    who = kim()
    await sign_in(browser, other, who)
    session = await sessions.read(browser.http.cookies["workbench"])
    assert session is not None
    before = await kept.read(session.id)
    for _ in range(3):
        await resources.redis.delete(kept.good(session.id))
        names = await asyncio.gather(*(browser.name() for _ in range(5)))
        assert set(names) == {who}
    after = await kept.read(session.id)
    assert before
    assert after
    assert before.refresh_token != after.refresh_token


async def test_who_is_disabled_at_the_provider_is_out(
    browser: Browser, other: NodeProvider, resources: Resources
) -> None:
    who = kim()
    await sign_in(browser, other, who)
    await browser.http.get(f"{other.issuer}/disable?who={who}")
    session = await sessions.read(browser.http.cookies["workbench"])
    assert session is not None
    await resources.redis.delete(kept.good(session.id))
    assert await browser.name() is None


async def test_a_session_that_ends_at_the_provider_ends_here(browser: Browser, other: NodeProvider) -> None:
    await sign_in(browser, other)
    form = await browser.open((await browser.http.get(f"{other.issuer}/session/end")).url.__str__())
    await browser.submit(form, logout="yes", xsrf=form.text.split('name="xsrf" value="')[1].split('"')[0])
    until = time.monotonic() + 10
    while await browser.name() is not None and time.monotonic() < until:
        await asyncio.sleep(0.1)
    assert await browser.name() is None


async def test_a_provider_that_is_out_of_use_is_not_offered_and_signs_nobody_in(
    browser: Browser, other: NodeProvider, administrator: Principal
) -> None:
    url = await callback_of(browser, other)
    assert other.id in {one.id for one in await providers.offered()}
    await providers.change_provider(administrator, other.id, changes={"enabled": False})
    assert other.id not in {one.id for one in await providers.offered()}
    answer = await browser.http.get(url)
    assert (answer.status_code, "not in use" in answer.text) == (404, True)
    assert await browser.name() is None


@pytest.mark.parametrize("token", ["", "null", "Bearer", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_opens_nothing(browser: Browser, other: NodeProvider, token: str) -> None:
    assert (
        await browser.api("/runs", headers={"Authorization": f"Bearer {token}".strip()})
    ).status_code == 401
    path = f"/auth/oidc/{other.id}/backchannel-logout"
    assert (await browser.api(path, method="POST", data={"logout_token": token})).status_code == 400
