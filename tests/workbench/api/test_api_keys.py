"""API keys over HTTP, in team mode: by cookie they are made, by key the rest is called."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from tests.people import member
from tests.workbench.api.conftest import BASE
from workbench.api.app import create_api
from workbench.auth.roles import Role
from workbench.db.ids import new_id
from workbench.db.tables import UserRow
from workbench.services import sessions
from workbench.services.resources import Resources

Client = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
def client(resources: Resources) -> Client:
    """Return a function that gives a client with headers of its own; nobody's, unless they say whose."""
    application = create_api()

    @asynccontextmanager
    async def open_client(**headers: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"{BASE}/api/v1", headers=headers, timeout=60
        ) as made:
            yield made

    return open_client


@pytest.fixture
async def user(resources: Resources) -> UserRow:
    return await member(resources, {new_id(): Role.OPERATOR})


@pytest.fixture
async def ada(client: Client, user: UserRow) -> AsyncIterator[httpx.AsyncClient]:
    """A person in a browser."""
    cookie = f"{sessions.cookie_name()}={await sessions.begin(user.id)}"
    async with client(cookie=cookie) as made:
        yield made


async def test_a_key_calls_the_api_until_it_is_revoked(ada: httpx.AsyncClient, client: Client) -> None:
    made = (await ada.post("/api-keys", json={"name": "CI", "actions": ["runs:read"]})).json()
    async with client(authorization=f"Bearer {made['key']}") as program:
        assert (await program.get("/runs")).status_code == 200
        assert (await program.get("/workflows")).status_code == 403
        assert (await program.get("/api-keys/current")).json()["actions"] == ["runs:read"]
        assert (await ada.delete(f"/api-keys/{made['id']}")).status_code == 204
        refused = await program.get("/runs")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


async def test_the_key_is_in_no_answer_but_the_first(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/api-keys", json={"name": "CI", "actions": ["runs:read"]})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/api-keys/{made['id']}")
    for path in ("/api-keys", f"/api-keys/{made['id']}"):
        text = (await ada.get(path)).text
        assert made["shown"] in text
        assert made["key"] not in text


@pytest.mark.parametrize(
    "privileged",
    [
        {"user_id": "someone-else"},
        {"created_by": "someone-else"},
        {"key_hash": "0" * 64},
        {"administrator": True},
        {"last_used_at": "2030-01-01T00:00:00Z"},
    ],
)
async def test_what_only_the_workbench_sets_is_not_taken_from_a_body(
    ada: httpx.AsyncClient, privileged: dict[str, object]
) -> None:
    answer = await ada.post("/api-keys", json={"name": "CI", "actions": ["runs:read"], **privileged})
    assert answer.status_code == 422
    assert (await ada.get("/api-keys")).json()["items"] == []


async def test_a_programs_key_acts_as_itself(ada: httpx.AsyncClient, client: Client) -> None:
    asked = {"kind": "service", "name": "Loader", "actions": ["workflows:read", "runs:read"]}
    made = (await ada.post("/api-keys", json=asked)).json()
    listed = (await ada.get("/api-keys", params={"kind": "service"})).json()["items"]
    assert [key["id"] for key in listed] == [made["id"]]
    async with client(authorization=f"Bearer {made['key']}") as program:
        assert (await program.get("/workflows")).status_code == 200
        assert (await program.get("/api-keys")).status_code == 403


async def test_a_key_for_several_workspaces_says_what_to_send(client: Client, resources: Resources) -> None:
    first, second = new_id(), new_id()
    user = await member(resources, {first: Role.VIEWER, second: Role.VIEWER})
    async with client(cookie=f"{sessions.cookie_name()}={await sessions.begin(user.id)}") as browser:
        asked = {"name": "CI", "actions": ["runs:read"], "workspaces": [first, second]}
        key = (await browser.post("/api-keys", json=asked)).json()["key"]
    async with client(authorization=f"Bearer {key}") as program:
        refused = await program.get("/runs")
        named = await program.get("/runs", headers={"workbench-workspace": second})
    assert (refused.status_code, named.status_code) == (422, 200)
    assert "Workbench-Workspace" in refused.json()["detail"]


async def test_a_key_in_the_address_or_the_cookie_is_no_key(ada: httpx.AsyncClient, client: Client) -> None:
    made = (await ada.post("/api-keys", json={"name": "CI", "actions": ["runs:read"]})).json()
    async with client(cookie=f"{sessions.cookie_name()}={made['key']}") as program:
        assert (await program.get("/runs", params={"api_key": made["key"]})).status_code == 401


async def test_a_workspace_that_is_named_and_not_theirs_is_refused(
    ada: httpx.AsyncClient, resources: Resources
) -> None:
    other = new_id()
    await member(resources, {other: Role.VIEWER})
    asked = await ada.post("/workflows", json={}, headers={"workbench-workspace": other})
    assert asked.status_code == 404
    assert (await ada.get("/workflows")).json()["items"] == []


async def test_a_key_that_manages_people_lets_nobody_in(client: Client, resources: Resources) -> None:
    root = await member(resources, {new_id(): Role.ADMIN}, administrator=True)
    async with client(cookie=f"{sessions.cookie_name()}={await sessions.begin(root.id)}") as browser:
        made = (await browser.post("/api-keys", json={"name": "CI", "actions": ["users:manage"]})).json()
    async with client(authorization=f"Bearer {made['key']}") as program:
        answers = [
            await program.post(f"/users/{root.id}/reset"),
            await program.delete(f"/users/{root.id}/second-factor"),
            await program.patch(f"/users/{root.id}", json={"administrator": True}),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert (await program.patch(f"/users/{root.id}", json={"name": "Root"})).status_code == 200
