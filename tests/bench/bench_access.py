"""What access costs: the same calls and events to a single user's workbench and to a team's, in turns.

Both are web processes on the same services and rows, so that they differ in nothing but who is asked for.
"""

import gc
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from engine.graph import Document
from tests.bench import services
from tests.bench.figures import Figure, percentile
from tests.bench.web import web
from tests.e2e.raw_tab import Tab, tab
from tests.e2e.stack import Stack
from tests.people import member, signed_in
from workbench.auth.principal import DEFAULT_WORKSPACE, OWNER
from workbench.auth.roles import Action, Role
from workbench.services import api_keys, sessions, sharing, workflows
from workbench.services.api_keys import Wanted
from workbench.services.resources import Resources
from workbench.services.sharing import AccessChange
from workbench.state.workflows import WorkflowsState

WORKFLOWS = 50
ROUNDS = 1_000
WARM = 50
ALONE = "a single user"
API_MS, EVENT_MS = 3.0, 1.0

Once = Callable[[], Awaitable[None]]
Samples = dict[str, list[float]]


@dataclass(frozen=True)
class People:
    """How those who ask prove who they are: headers of their calls, and a tab's cookie."""

    headers: dict[str, dict[str, str]]
    cookie: str
    workflow: str


async def furnish(resources: Resources) -> People:
    """Store workflows, of which every other is narrowed, an admin with an API key, and a viewer of all."""
    ada = await member(resources, {DEFAULT_WORKSPACE: Role.ADMIN}, name="Ada")
    vera = await member(resources, {DEFAULT_WORKSPACE: Role.VIEWER}, name="Vera")
    admin, found = await signed_in(ada), ""
    for number in range(WORKFLOWS):
        found = (await workflows.create_workflow(OWNER, document=Document(name=f"Workflow {number}"))).id
        if number % 2:
            change = AccessChange(narrowed=True, open_to=frozenset({vera.id}))
            await sharing.set_access(admin, found, change)
    wanted = Wanted(name="bench", actions=frozenset({Action.WORKFLOWS_READ}))
    key = (await api_keys.make_key(admin, wanted)).key
    cookies = [f"workbench={await sessions.begin(user.id)}" for user in (ada, vera)]
    headers = {
        "a session": {"Cookie": cookies[0]},
        "an API key": {"Authorization": f"Bearer {key}"},
        "a session, workflows narrowed": {"Cookie": cookies[1]},
    }
    return People(headers, cookies[0], found)


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Stack, Stack, People]]:
    """Serve the same rows twice; yield the address for a single user, that for a team, and its people."""
    folder = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    try:
        async with services.running(1) as running, AsyncExitStack() as exits:
            settings = running.resources.settings
            settings.mode = "team"  # in which there are keys to be made
            people = await furnish(running.resources)
            alone = await exits.enter_async_context(web(settings, folder / "single", mode="single"))
            team = await exits.enter_async_context(web(settings, folder / "team", mode="team"))
            yield alone, team, people
    finally:
        shutil.rmtree(folder)


async def in_turns(ways: dict[str, Once]) -> Samples:
    """Do each once a round, in another order each round; return the milliseconds of each."""
    samples: Samples = {name: [] for name in ways}
    order = list(ways)
    gc.disable()  # this process's own pauses are no part of anything
    try:
        for number in range(WARM + ROUNDS):
            random.shuffle(order)
            for name in order:
                begin = time.perf_counter()
                await ways[name]()
                if number >= WARM:
                    samples[name].append((time.perf_counter() - begin) * 1_000)
            if number % 100 == 0:
                gc.collect()
    finally:
        gc.enable()
    return samples


def call(client: httpx.AsyncClient, path: str) -> Once:
    """Return a call of the API that has to succeed."""

    async def once() -> None:
        (await client.get(path)).raise_for_status()

    return once


def event(opened: Tab) -> Once:
    """Return an event whose handler changes a var and does nothing else, up to what the browser is told."""
    name, number = f"{WorkflowsState.get_full_name()}.ask_delete", 0

    async def once() -> None:
        nonlocal number
        number += 1
        await opened.ask(name, {"workflow_id": "x", "name": f"Workflow {number}"})

    return once


async def api(alone: Stack, team: Stack, people: People) -> list[Figure]:
    """Measure a page of workflows, and one of them, for each way to prove who one is."""
    figures = []
    async with AsyncExitStack() as exits:
        clients = {ALONE: httpx.AsyncClient(base_url=alone.url)}
        for name, headers in people.headers.items():
            clients[name] = httpx.AsyncClient(base_url=team.url, headers=headers)
        for client in clients.values():
            await exits.enter_async_context(client)
        for what, path in (("20 workflows", "?limit=20"), ("one workflow", f"/{people.workflow}")):
            ways = {name: call(one, f"/api/v1/workflows{path}") for name, one in clients.items()}
            figures += added(f"read {what}", await in_turns(ways), API_MS)
    return figures


async def events(alone: Stack, team: Stack, people: People) -> list[Figure]:
    """Measure an event of a tab that is open."""
    async with tab(alone) as mine, tab(team, cookie=people.cookie) as theirs:
        return added("an event", await in_turns({ALONE: event(mine), "a session": event(theirs)}), EVENT_MS)


def added(what: str, samples: Samples, most_ms: float) -> list[Figure]:
    """Return what each way adds to the 95th percentile of a single user's."""
    before = samples.pop(ALONE)
    return [
        Figure(
            f"access: {what} by {name}, p95 added",
            percentile(taken, 95) - percentile(before, 95),
            most_ms,
            "ms",
            note=f"{told(taken)} against {told(before)}",
        )
        for name, taken in samples.items()
    ]


def told(samples: Sequence[float]) -> str:
    """Return the median and the 95th percentile in words."""
    return f"{statistics.median(samples):.1f} / {percentile(samples, 95):.1f} ms"


async def measure() -> list[Figure]:
    """Measure calls and events; notes give median / p95 beside a single user's."""
    async with served() as (alone, team, people):
        return [*await api(alone, team, people), *await events(alone, team, people)]
