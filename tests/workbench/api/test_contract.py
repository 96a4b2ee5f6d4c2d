"""The API does what its OpenAPI document says, whatever is sent: no fault, no answer that is not described.

schemathesis makes requests out of the document, some that fit it and some that do not, the same ones each
time. To them come ids that no path should have. Each request is sent by two callers to the real application.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import cycle
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.workbench.accounts import Installation
from tests.workbench.api.conftest import BASE
from tests.workbench.api.matrix_world import World, browser, call, make_world, somebody_who_is
from workbench.api.app import PREFIX, create_api
from workbench.auth.principal import OWNER
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")

OF_A_KIND = 3
"""How many requests of a route fit its description, and how many do not."""

ODD = ("\x00", "a\r\nSet-Cookie: b=c", "💥/../..", "x" * 3_000, "'; DROP TABLE runs; --", "%00")
"""Ids that nothing has."""

ASKS_OUTSIDE = {"/providers/test", "/auth/oidc/{provider}/start", "/auth/oidc/{provider}/callback"}
"""Where what is asked elsewhere may be away, which is told by 503."""

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@lru_cache
def requests() -> tuple[Case, ...]:
    """Return the requests, those that take things away last."""
    document = schemathesis.openapi.from_dict(create_api().openapi())
    operations = [found.ok() for found in document.get_all_operations()]
    operations.sort(key=lambda one: (one.method == "delete", "sign-out" in one.path))
    return tuple(case for operation in operations for case in _of(operation))


def _of(operation: Any) -> Iterator[Case]:
    yield from _made(operation, GenerationMode.POSITIVE)
    if operation.query or operation.headers or operation.body:  # a path's id alone cannot be wrong
        yield from _made(operation, GenerationMode.NEGATIVE)


def _made(operation: Any, mode: GenerationMode) -> list[Case]:
    found: list[Case] = []

    @settings(
        max_examples=OF_A_KIND,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def note(case: Case) -> None:
        found.append(case)

    note()
    return found[:OF_A_KIND]


async def test_as_an_administrator_of_a_team(resources: Resources, team: None) -> None:
    world = await make_world(resources, mark="Contract")
    person = await somebody_who_is(resources, "administrator", world.workspace)
    async with browser(person, workspace=world.workspace) as client:
        found = await wrong(client, await furnished(resources, world))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


async def test_as_the_single_owner(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setattr(resources.settings, "mode", "team")  # for the keys that the world has
        world = await make_world(resources, mark="Single", workspace=OWNER.workspace)
    async with browser(None) as client:
        found = await wrong(client, await furnished(resources, world))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


async def furnished(resources: Resources, world: World) -> World:
    """Return a world that has people, a group and a provider too."""
    installation = Installation(resources)
    person = await installation.person()
    more = {
        "user_id": person,
        "subject_id": person,
        "group_id": await installation.group(None, person),
        "provider_id": await installation.provider(),
    }
    return World(world.workspace, {**world.ids, **more})


async def wrong(client: httpx.AsyncClient, world: World) -> list[str]:
    """Send every request; return what the answers have wrong, told with the request."""
    found, odd, known = [], cycle(ODD), set[str]()
    for number, case in enumerate(requests()):
        route = f"{case.method.upper()} {case.path.removeprefix(PREFIX)}"
        if route not in known:
            known.add(route)
            response = await call(client, route, world)
            client.cookies.clear()
            found += [f"{route}: {what}" for what in _wrong(case, response)]
        names = dict(case.path_parameters or {})
        if number % OF_A_KIND == 0:
            names = {name: next(odd) for name in names}
        elif number % OF_A_KIND == 1:
            names = {name: world.ids.get(name, value) for name, value in names.items()}
        response = await send(client, case, names)
        found += [f"{case.method} {response.request.url}: {what}" for what in _wrong(case, response)]
    return found


async def send(client: httpx.AsyncClient, case: Case, names: dict[str, Any]) -> httpx.Response:
    """Send a request with these ids in its path."""
    given = case.as_transport_kwargs(base_url=BASE)
    path = case.path
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe="") or "-")
    content = given.get("data") if isinstance(given.get("data"), bytes | str) else None
    response = await client.request(
        given["method"],
        f"{BASE}{path}",
        params=given.get("params"),
        headers={name: value for name, value in (given.get("headers") or {}).items() if value is not None},
        **({"json": given["json"]} if "json" in given else {"content": content}),
    )
    client.cookies.clear()
    return response


def _wrong(case: Case, response: httpx.Response) -> Iterator[str]:
    path = case.path.removeprefix(PREFIX)
    if response.status_code >= 500 and not (response.status_code == 503 and path in ASKS_OUTSIDE):
        yield f"{response.status_code} {response.text[:300]}"
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        yield from (f"{response.status_code} {failure}"[:600] for failure in group.exceptions)
