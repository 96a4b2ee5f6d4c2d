"""An event stream ends when its caller may not see the run any more; the caller is somebody in team mode."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from engine.graph import Document
from tests.people import member, signed_in
from tests.workbench.api.conftest import BASE
from workbench.api import streams
from workbench.api.app import create_api
from workbench.auth.principal import Principal
from workbench.auth.roles import Action, Role
from workbench.db.ids import new_id
from workbench.services import api_keys, identity, runs, sessions, workflows
from workbench.services.api_keys import Wanted
from workbench.services.identity import Credentials
from workbench.services.resources import Resources
from workbench.services.shapes import RunEvent


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")
    monkeypatch.setattr(streams, "ASK_S", 0.05)


@pytest.fixture
async def ada(resources: Resources) -> Principal:
    return await signed_in(await member(resources, {new_id(): Role.DESIGNER}))


async def events() -> AsyncGenerator[RunEvent, None]:
    """One event, and then none for ever."""
    yield RunEvent(id="1-0", run_id="some")
    await asyncio.Event().wait()


async def watched(credentials: Credentials) -> list[str]:
    """Return the events that somebody is told until the stream ends."""

    async def see(principal: Principal) -> None:
        principal.require(Action.RUNS_READ)

    allowed = streams.while_allowed(credentials, events(), see)
    return [event.id async for event in allowed]


async def test_a_stream_ends_with_its_session(ada: Principal) -> None:
    token = await sessions.begin(ada.id)
    watching = asyncio.create_task(watched(Credentials(cookie=token)))
    await asyncio.sleep(0.2)
    assert not watching.done()
    await sessions.end_all(ada.id)
    assert await asyncio.wait_for(watching, 10) == ["1-0"]


async def test_a_stream_ends_with_its_key(ada: Principal) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", frozenset({Action.RUNS_READ})))
    watching = asyncio.create_task(watched(Credentials(authorization=f"Bearer {made.key}")))
    await asyncio.sleep(0.2)
    await api_keys.revoke_key(ada, made.id)
    assert await asyncio.wait_for(watching, 10) == ["1-0"]


async def test_a_stream_ends_with_the_role_that_it_needs(ada: Principal, resources: Resources) -> None:
    token = await sessions.begin(ada.id)
    watching = asyncio.create_task(watched(Credentials(cookie=token)))
    await asyncio.sleep(0.2)
    async with resources.transaction() as session:
        await session.execute(text("DELETE FROM memberships WHERE subject_id = :id"), {"id": ada.id})
    await identity.access_changed()
    assert await asyncio.wait_for(watching, 10) == ["1-0"]


async def test_the_events_of_a_run_end_with_the_session_that_watches(ada: Principal) -> None:
    made = await workflows.create_workflow(ada, document=Document(name="Watched"))
    run = await runs.start_run(ada, workflow_id=made.id, inputs={})
    cookie = f"{sessions.cookie_name()}={await sessions.begin(ada.id)}"
    transport = httpx.ASGITransport(create_api(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1", timeout=60) as client:
        asking = client.get(f"/runs/{run.id}/events", headers={"cookie": cookie})
        watching = asyncio.create_task(asking)
        await asyncio.sleep(0.5)
        await sessions.end_all(ada.id)
        answer = await asyncio.wait_for(watching, 20)
    assert answer.status_code == 200
    await runs.cancel_run(ada, run.id)


async def test_an_open_stream_does_not_keep_its_session_from_ending(ada: Principal) -> None:
    token = await sessions.begin(ada.id)
    began = await sessions.read(token)
    assert began is not None
    idle = began.model_copy(update={"seen_at": began.seen_at - timedelta(minutes=5)})
    await sessions.keep(idle)
    watching = asyncio.create_task(watched(Credentials(cookie=token)))
    await asyncio.sleep(0.2)
    assert await sessions.read(token) == idle
    await sessions.end_all(ada.id)
    await watching
