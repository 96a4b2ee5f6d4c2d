"""The world of the matrix: people of every kind, and in each workspace something of everything."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from engine.contracts import TaskOpening
from engine.graph import Document
from tests.people import member, signed_in
from tests.workbench.api.conftest import BASE
from tests.workbench.api.matrix_table import BODIES, DOCUMENT
from workbench.api.app import PREFIX, create_api
from workbench.api.gate import HostOriginGate
from workbench.api.principal import WORKSPACE
from workbench.auth.roles import Action, Role
from workbench.db import tasks
from workbench.db.ids import new_id, now
from workbench.db.tables import UserRow
from workbench.services import api_keys, inbox_views, invitations, runs, secrets, sessions, workflows
from workbench.services.access import everywhere
from workbench.services.api_keys import Wanted
from workbench.services.notifications import channels
from workbench.services.notifications.channel_shapes import NewChannel
from workbench.services.resources import Resources
from workbench.services.task_inbox import PostgresInbox

BELONGING = frozenset(
    {
        "workflow_id",
        "run_id",
        "other_id",
        "key_id",
        "workspace_id",
        "invitation_id",
        "task_id",
        "view_id",
        "channel_id",
    }
)
"""Parameters of paths whose values belong to a workspace."""

HOOK = {"id": "hook", "type": "webhook", "config": {}, "inputs": {}}
MARK = "OnlyTheirs"
"""In the names of everything that belongs to the other workspace."""


IN_IT = (
    "workflows",
    "runs",
    "secrets",
    "triggers",
    "events",
    "event_waits",
    "memberships",
    "invitations",
    "tasks",
    "inbox_views",
    "channels",
    "notices",
)
HELD = (
    *(
        f"SELECT to_jsonb(t) FROM {table} t WHERE workspace_id = :w ORDER BY to_jsonb(t)::text"
        for table in IN_IT
    ),
    "SELECT to_jsonb(p) FROM pins p JOIN workflows w ON w.id = p.workflow_id WHERE w.workspace_id = :w",
    "SELECT to_jsonb(k) - 'last_used_at' FROM api_keys k WHERE :w = ANY (k.workspaces) ORDER BY k.id",
    "SELECT to_jsonb(w) FROM workspaces w WHERE w.id = :w",
)
"""Everything that a workspace holds, row by row."""


@dataclass(frozen=True)
class World:
    """A workspace, and what is in it by the name of the parameter that takes its id."""

    workspace: str
    ids: dict[str, str]

    def fill(self, template: Any) -> Any:
        """Return a path or a body with the world's ids in place of `{name}`."""
        if isinstance(template, dict):
            return {key: self.fill(value) for key, value in template.items()}
        if not isinstance(template, str):
            return template
        return re.sub(r"\{(\w+)\}", lambda found: self.ids.get(found[1], found[0]), template)

    def path(self, route: str) -> str:
        """Return a route's path with this world's ids; one without an id gets one that nothing has."""
        return re.sub(r"\{(\w+)\}", lambda found: quote(self.ids.get(found[1], new_id())), route)

    async def held(self, resources: Resources) -> list[Any]:
        """Return what the workspace holds, to see whether anything of it was changed."""
        one = {"w": self.workspace}
        with everywhere():
            async with resources.transaction() as session:
                return [(await session.execute(text(query), one)).all() for query in HELD]


async def make_world(resources: Resources, *, mark: str = "Ours", workspace: str | None = None) -> World:
    """Return a workspace, a new one unless it is given, with something of everything in it."""
    workspace = workspace or new_id()
    with everywhere():
        maker = await signed_in(await member(resources, {workspace: Role.ADMIN}))
    document = Document.model_validate({**DOCUMENT, "name": mark, "triggers": [HOOK]})
    workflow = await workflows.create_workflow(maker, document=document)
    await workflows.publish(maker, workflow.id)
    await secrets.put_secret(maker, name=f"{mark.upper()}_TOKEN", value="hush")
    key = await api_keys.make_service_key(maker, Wanted(mark, frozenset({Action.RUNS_READ})))
    await invitations.invite(maker, email=f"{mark.lower()}-{new_id()}@example.org", roles=[Role.VIEWER])
    (invitation,) = await invitations.list_invitations(maker)
    run = await runs.start_run(maker, workflow_id=workflow.id, inputs={})
    async with asyncio.timeout(60):
        while not await runs.has_ended(maker, run.id):
            await asyncio.sleep(0.05)
    task_id = await a_task(resources, run.id, mark)
    view = await inbox_views.keep(maker, name=mark, query="queue=mine")
    new = NewChannel(name=mark, address=SecretStr(f"json://127.0.0.1:1/{mark}"))
    channel = await channels.add_workspace_channel(maker, new)
    ids = {
        "channel_id": channel.id,
        "workflow_id": workflow.id,
        "run_id": run.id,
        "task_id": task_id,
        "view_id": view.id,
        "other_id": run.id,
        "key_id": key.id,
        "workspace_id": workspace,
        "invitation_id": invitation.id,
        "node_id": "start",
        "number": "1",
        "name": "hook",
        "node_type": "http",
        "slug": "hello",
    }
    return World(workspace, ids)


async def a_task(resources: Resources, run_id: str, mark: str) -> str:
    """Return a task that a run asks."""
    opening = TaskOpening(
        run_id=run_id, node_id="ask", type="approval", title=mark, choices=("approve",), opened_at=now()
    )
    with everywhere():
        await PostgresInbox(resources).open(opening)
        async with resources.transaction() as session:
            row = await tasks.at(session, (run_id, "", "ask", 1))
    assert row is not None
    return row.id


async def somebody_who_is(resources: Resources, kind: Role | str, workspace: str) -> UserRow:
    """Return a person with a role in a workspace, without any, or an administrator of the installation."""
    with everywhere():
        if kind == "administrator":
            return await member(resources, {}, administrator=True)
        return await member(resources, {workspace: kind} if isinstance(kind, Role) else {})


@asynccontextmanager
async def browser(
    user: UserRow | None, *, workspace: str | None = None, **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A person's browser in front of the application behind its gate; nobody's without a user."""
    headers = {"Origin": BASE, **headers}
    if user is not None:
        headers["Cookie"] = f"{sessions.cookie_name()}={await sessions.begin(user.id)}"
    if workspace is not None:
        headers[WORKSPACE] = workspace
    transport = httpx.ASGITransport(HostOriginGate(create_api()), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=f"{BASE}{PREFIX}", headers=headers, timeout=60
    ) as client:
        yield client


def routes() -> list[str]:
    """Return every route of the OpenAPI document, those that take things away last."""
    found = [
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in create_api().openapi()["paths"].items()
        for method in methods
    ]
    return sorted(found, key=lambda route: (route.startswith("DELETE"), "sign-out" in route))


async def call(client: httpx.AsyncClient, route: str, world: World) -> httpx.Response:
    """Call a route with the ids of `world`."""
    method, path = route.split(" ")
    body = world.fill(BODIES[route]) if route in BODIES else None
    async with asyncio.timeout(20):  # an event stream of a run that goes on would not end
        return await client.request(method, world.path(path), json=body)


def belongs(route: str) -> bool:
    """Return whether a route's path names something of a workspace."""
    return bool(BELONGING & set(re.findall(r"\{(\w+)\}", route)))
