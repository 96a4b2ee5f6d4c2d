"""Every Reflex event handler of every state, called over a raw websocket by people who may not.

The handlers are found by walking the states, so that a new one is called too.
"""

import inspect
import json
import typing
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from reflex.state import BaseState, State

import workbench.workbench  # noqa: F401 - declares every state
from tests.e2e.raw_tab import tab
from tests.e2e.stack import Stack
from workbench.state.base import PublicState

MARK = "OnlyTheirs"
PEOPLE = ("/members", "/users")
INSTALLATION = ("/groups", "/users", "/workspaces")
PASSWORD = "correct horse battery staple"
DOCUMENT = {
    "format": "workbench/1",
    "nodes": [{"id": "start", "type": "input"}],
    "edges": [],
    "triggers": [{"id": "hook", "type": "webhook", "inputs": {}}],
}


@dataclass(frozen=True)
class Place:
    """A workspace, and the workflow and run in it."""

    workspace: str
    workflow: str
    run: str

    @property
    def pages(self) -> tuple[str, ...]:
        return (f"/workflows/{self.workflow}", f"/runs/{self.run}", f"/compare?before={self.run}")


@dataclass(frozen=True)
class Team:
    """A team's workbench: its administrator's client, two workspaces, and a member of the first per role."""

    stack: Stack
    administrator: httpx.AsyncClient
    ours: Place
    theirs: Place
    cookies: dict[str, str]

    async def held(self) -> dict[str, Any]:
        """Return what both workspaces hold."""
        found: dict[str, Any] = {}
        for place in (self.ours, self.theirs):
            headers = {"Workbench-Workspace": place.workspace}
            for path in (
                "/workflows", f"/workflows/{place.workflow}", f"/workflows/{place.workflow}/versions",
                f"/workflows/{place.workflow}/pins", f"/workflows/{place.workflow}/access", "/runs",
                f"/workflows/{place.workflow}/triggers", "/secrets", "/members", "/invitations",
                "/api-keys?kind=service", "/groups", "/users", "/workspaces", "/providers",
            ):  # fmt: skip
                answer = await self.administrator.get(path, headers=headers)
                said = answer.raise_for_status().json()
                if path in PEOPLE:  # everybody may rename themselves, and they are listed by name
                    said = [steady(one, BY_ITSELF | {"name"}) for one in by_id(said["items"])]
                found[f"{place.workspace} {path}"] = steady(said)
        return found


BY_ITSELF = frozenset({"last_seen_at", "next", "next_times"})
"""What changes without anybody's doing: when somebody was last seen, a schedule's next times."""


def steady(value: Any, but: frozenset[str] = BY_ITSELF) -> Any:
    """Return a value without the fields `but`, at any depth."""
    if isinstance(value, dict):
        return {key: steady(item, but) for key, item in value.items() if key not in but}
    return [steady(item, but) for item in value] if isinstance(value, list) else value


def by_id(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is listed by name in an order that no rename changes."""
    return sorted(items, key=lambda one: str(one["id"]))


async def furnish(client: httpx.AsyncClient, workspace: str, name: str) -> Place:
    """Put a workflow, a run and a secret into a workspace."""
    headers = {"Workbench-Workspace": workspace}
    body = {"document": {**DOCUMENT, "name": name}}
    workflow = (await client.post("/workflows", json=body, headers=headers)).raise_for_status().json()["id"]
    (await client.post(f"/workflows/{workflow}/publish", headers=headers)).raise_for_status()
    await client.put(f"/secrets/{name.upper()}", json={"value": "hush"}, headers=headers)
    run = (await client.post("/runs", json={"workflow_id": workflow}, headers=headers)).json()["id"]
    return Place(workspace, workflow, run)


async def join(client: httpx.AsyncClient, workspace: str, role: str) -> str:
    """Invite somebody with a role; return the cookie of their session."""
    body = {"email": f"{role}@example.org", "roles": [role]}
    headers = {"Workbench-Workspace": workspace}
    link = (await client.post("/invitations", json=body, headers=headers)).raise_for_status().json()["url"]
    parts = urlsplit(link)
    token = parse_qs(parts.fragment or parts.query)["token"][0]
    async with httpx.AsyncClient(base_url=client.base_url, timeout=60) as newcomer:
        body = {"token": token, "password": PASSWORD, "name": role.title()}
        answer = (await newcomer.post("/auth/invitation/accept", json=body)).raise_for_status()
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    stack = Stack(tmp_path_factory.mktemp("matrix") / "data", variables={"WORKBENCH_MODE": "team"})
    await stack.start()
    headers = {"Origin": stack.url}
    async with httpx.AsyncClient(base_url=f"{stack.url}/api/v1", headers=headers, timeout=60) as client:
        token = stack.set_up_address().partition("token=")[2]
        person = {"workspace": "Lab", "name": "Ada", "email": "ada@example.org", "password": PASSWORD}
        (await client.post("/auth/set-up", json={"token": token, **person})).raise_for_status()
        mine = (await client.get("/users/me")).json()["workspace"]
        other = (await client.post("/workspaces", json={"name": "Other"})).raise_for_status().json()["id"]
        cookies = {role: await join(client, mine, role) for role in ("viewer", "reviewer", "admin")}
        ours, theirs = await furnish(client, mine, "Ours"), await furnish(client, other, MARK)
        yield Team(stack, client, ours, theirs, cookies)
    await stack.stop()


def handlers() -> Iterator[tuple[type[BaseState], str, Any]]:
    """Every event handler that is ours: its state, its name, its function."""
    waiting: list[type[BaseState]] = [State]
    while waiting:
        state = waiting.pop()
        waiting.extend(state.get_substates())
        if not state.__module__.startswith("reflex."):
            for name, handler in state.event_handlers.items():
                yield state, name, handler.fn


def payload(function: Any, place: Place) -> dict[str, Any]:
    """Return arguments of the right types that name what is in a workspace."""
    hints = typing.get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    return {name: argument(name, hints.get(name, str), place) for name in names}


def argument(name: str, hint: Any, place: Place) -> Any:
    """Return a value for one parameter."""
    for kind, value in ((bool, True), (int, 0), (float, 1.0)):
        if hint is kind:
            return value
    origin = typing.get_origin(hint) or hint
    if origin is dict:
        return {"name": "changed", "id": place.workflow, "value": "changed"}
    if origin in (list, tuple, set):
        return []
    return place.run if "run" in name else place.workflow if "workflow" in name or name == "id" else "start"


def events(place: Place, *, public: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """Return every event with arguments, but for those of people who have not signed in."""
    return [
        (f"{state.get_full_name()}.{name}", payload(function, place))
        for state, name, function in handlers()
        if issubclass(state, PublicState) == public
    ]


def test_the_walk_finds_the_handlers() -> None:
    names = {name for _, name, _ in handlers()}
    assert {"load", "dismiss_trouble"} <= names
    assert len(list(handlers())) > 150


async def test_without_a_session_nothing_happens_but_that_one_is_led_to_sign_in(team: Team) -> None:
    before, called = await team.held(), events(team.ours)
    async with tab(team.stack) as stranger:
        for name, arguments in called:
            await stranger.send(name, arguments, path=team.ours.pages[0])
        told = await stranger.told(quiet_s=3)
    assert [update["delta"] for update in told if update.get("delta")] == []
    sent = [event for update in told for event in update.get("events", ())]
    assert len(sent) >= len(called)
    assert all("/sign-in" in str(event["payload"]) for event in sent)
    assert await team.held() == before


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
async def test_who_may_only_look_changes_nothing(team: Team, role: str) -> None:
    before = await team.held()
    async with tab(team.stack, cookie=team.cookies[role]) as person:
        for page in team.ours.pages:
            for name, arguments in events(team.ours):
                await person.send(name, arguments, path=page)
            told = await person.told(quiet_s=3)
    assert told
    assert MARK not in str(told)
    assert await team.held() == before


async def test_an_admin_elsewhere_is_told_nothing_of_it_and_changes_nothing(team: Team) -> None:
    held = await team.held()
    theirs = {key: value for key, value in held.items() if key.startswith(team.theirs.workspace)}
    async with tab(team.stack, cookie=team.cookies["admin"]) as person:
        told = []
        for page in team.theirs.pages:
            for name, arguments in events(team.theirs):
                await person.send(name, arguments, path=page)
            told += await person.told(quiet_s=3)
    assert told
    assert MARK not in str(told)
    after = await team.held()
    for key, value in theirs.items():
        if not key.endswith(INSTALLATION):  # of those an admin changes what is in their own workspace
            assert after[key] == value, key


async def test_a_tab_that_another_person_opens_again_is_empty(team: Team) -> None:
    token = str(uuid4())
    load = next(name for name, _ in events(team.ours) if name.endswith("workflows_state.load"))
    async with tab(team.stack, cookie=team.cookies["admin"], token=token) as owner:
        await owner.send(load, {})
        assert "Ours" in str(await owner.told())
    hydrate = f"{State.get_full_name()}.hydrate"
    async with tab(team.stack, token=token) as stranger:
        await stranger.send(hydrate, {})
        assert "Ours" not in str(await stranger.told(quiet_s=1))


async def test_a_file_is_taken_for_ones_own_tab_alone(team: Team) -> None:
    token = str(uuid4())
    called = {name.rpartition(".")[2]: name for name, _ in events(team.ours)}
    headers = {"Reflex-Client-Token": token, "Reflex-Event-Handler": called["import_file"]}
    file = {"files": ("hello.json", json.dumps({**DOCUMENT, "name": "Dropped", "triggers": []}).encode())}
    origin, own = team.stack.url, team.cookies["admin"]

    async def drop(cookie: str = "", **more: str) -> int:
        async with httpx.AsyncClient(
            headers={"Origin": origin, **headers, "Cookie": cookie, **more}
        ) as client:
            return (await client.post(f"{origin}/_upload", files=file, timeout=30)).status_code

    async with tab(team.stack, cookie=own, token=token) as owner:
        await owner.send(
            next(name for name, _ in events(team.ours) if name.endswith("workflows_state.load")), {}
        )
        assert await owner.told()
        before = await team.held()
        assert await drop() == 401
        assert await drop(team.cookies["reviewer"]) == 403
        assert await drop(own, **{"Reflex-Event-Handler": called["load"]}) == 400
        assert await team.held() == before
        assert await drop(own) == 200
    listed = await team.administrator.get("/workflows", headers={"Workbench-Workspace": team.ours.workspace})
    assert "Dropped" in [one["name"] for one in listed.json()["items"]]
