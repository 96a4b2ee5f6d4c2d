"""The pages' gate: where somebody is led who has not signed in."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from starlette.responses import PlainTextResponse

from workbench.api.page_gate import PageGate, onward
from workbench.db.ids import new_id, now
from workbench.db.tables import UserRow
from workbench.services import sessions
from workbench.services.resources import Resources

BASE = "http://127.0.0.1:8420"


@pytest.fixture
async def person(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of somebody, in a team."""
    monkeypatch.setattr(resources.settings, "mode", "team")
    row = UserRow(id=new_id(), email=f"{uuid4().hex}@example.org", name="Ada", created_at=now())
    async with resources.transaction() as session:
        session.add(row)
    return row.id


@pytest.fixture
async def browser(person: str) -> AsyncIterator[httpx.AsyncClient]:
    gate = PageGate(PlainTextResponse("a page"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=BASE) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/sign-in"),
        ("/runs/", "/sign-in?next=%2Fruns"),
        ("/runs?status=failed&x=%26", "/sign-in?next=%2Fruns%3Fstatus%3Dfailed%26x%3D%2526"),
        ("//evil.example/", "/sign-in?next=%2F%2Fevil.example"),
        ("/no-such-page", "/sign-in?next=%2Fno-such-page"),
        ("/set-up", "/sign-in"),
    ],
)
async def test_a_page_leads_to_the_sign_in_page_and_back(
    browser: httpx.AsyncClient, path: str, to: str
) -> None:
    answer = await browser.get(httpx.URL(BASE + path))
    assert (answer.status_code, answer.headers["location"]) == (303, to)


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/", "/invitation", "/api/v1/health", "/assets/x.js", "/favicon.svg", "/_event/"],
)
async def test_what_is_no_page_or_open_to_all_passes(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).text == "a page"


async def test_with_a_session_the_page_is_shown_and_the_sign_in_page_leads_on(
    browser: httpx.AsyncClient, person: str
) -> None:
    browser.cookies.set("workbench", await sessions.begin(person))
    assert (await browser.get("/runs")).text == "a page"
    assert (await browser.get("/sign-in?next=%2Fruns")).headers["location"] == "/runs"


async def test_a_session_that_has_ended_is_none(browser: httpx.AsyncClient, person: str) -> None:
    browser.cookies.set("workbench", await sessions.begin(person))
    await sessions.end_all(person)
    assert (await browser.get("/runs")).status_code == 303


@pytest.mark.parametrize(
    "query", ["", "next=//evil.example", "next=/\\evil.example", "next=https://evil.example", "next=/%0d%0aa"]
)
def test_nobody_is_led_elsewhere(query: str) -> None:
    assert onward(query) == "/"


async def test_where_there_is_one_user_every_page_is_shown(
    browser: httpx.AsyncClient, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.settings, "mode", "single")
    assert (await browser.get("/runs")).text == "a page"
