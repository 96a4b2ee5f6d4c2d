"""Every route of the OpenAPI document × who calls it × in the own or a foreign workspace.

The real application behind its gate, with real sessions; what is expected comes from `auth/roles.py`.
"""

import pytest

from tests.workbench.api.matrix_table import BODIES, HIDDEN, NEEDS, OPEN, SIGNED_IN, Need
from tests.workbench.api.matrix_world import (
    MARK,
    World,
    belongs,
    browser,
    call,
    make_world,
    routes,
    somebody_who_is,
)
from workbench.auth.roles import EVERYTHING, GRANTS, INSTALLATION, ONESELF, Action, Role
from workbench.services import sessions
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")

EVERYBODY: tuple[Role | str, ...] = (*Role, "without a role", "administrator")


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
async def ours(resources: Resources) -> World:
    return await make_world(resources)


@pytest.fixture
async def theirs(resources: Resources) -> World:
    return await make_world(resources, mark=MARK)


def may(kind: Role | str, need: Need) -> bool:
    """Return whether the table of roles lets somebody do what a route needs."""
    if kind == "administrator":
        return need in EVERYTHING or need in (OPEN, SIGNED_IN)
    mine = GRANTS[kind] if isinstance(kind, Role) else ONESELF
    return need in mine or need in (OPEN, SIGNED_IN)


def here(kind: Role | str, world: World) -> str | None:
    """Return the workspace that somebody names: who belongs to none cannot name one."""
    return None if kind == "without a role" else world.workspace


def of_all(route: str) -> bool:
    """Return whether administrators do in every workspace what a route does."""
    return (
        NEEDS[route] in INSTALLATION | {Action.AUDIT_READ}
        or route == "POST /workspaces/{workspace_id}/choose"
    )


def test_every_route_stands_in_the_table() -> None:
    assert set(routes()) == set(NEEDS), "tests/workbench/api/matrix_table.py says who may call each route"


def test_every_body_of_the_table_is_of_a_route() -> None:
    assert set(BODIES) <= set(NEEDS)


async def test_without_a_principal_nothing_answers_but_what_is_open(ours: World) -> None:
    async with browser(None) as nobody:
        answers = {route: (await call(nobody, route, ours)).status_code for route in routes()}
    assert {route for route, status in answers.items() if status != 401 and NEEDS[route] != OPEN} == set()


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "workbench="},
        {"Cookie": "workbench=null; __Host-workbench=null"},
        {"Cookie": 'workbench="; ,'},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer null"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
    ],
)
async def test_empty_and_invented_credentials_are_none(ours: World, headers: dict[str, str]) -> None:
    async with browser(None, **headers) as nobody:
        assert (await call(nobody, "GET /workflows/{workflow_id}", ours)).status_code == 401


@pytest.mark.parametrize("kind", EVERYBODY)
async def test_in_the_own_workspace_a_role_may_what_the_table_says(
    resources: Resources, ours: World, kind: Role | str
) -> None:
    user = await somebody_who_is(resources, kind, ours.workspace)
    wrong = {}
    async with browser(user, workspace=here(kind, ours)) as person:
        for route in routes():
            if NEEDS[route] == OPEN:
                continue
            status = (await call(person, route, ours)).status_code
            refused = status in {401, 403} or (status == 404 and route in HIDDEN)
            if refused == may(kind, NEEDS[route]) or status == 500:
                wrong[route] = status
    assert wrong == {}


@pytest.mark.parametrize("kind", EVERYBODY)
async def test_what_belongs_to_another_workspace_is_not_found_and_not_changed(
    resources: Resources, ours: World, theirs: World, kind: Role | str
) -> None:
    user = await somebody_who_is(resources, kind, ours.workspace)
    before, wrong = await theirs.held(resources), {}
    async with browser(user, workspace=here(kind, ours)) as person:
        for route in routes():
            if NEEDS[route] == OPEN or (kind == "administrator" and of_all(route)):
                continue
            answer = await call(person, route, theirs)
            expected = {404} if may(kind, NEEDS[route]) else {403, 404}
            if (belongs(route) and answer.status_code not in expected) or MARK in answer.text:
                wrong[route] = answer.status_code
    assert wrong == {}
    assert await theirs.held(resources) == before


@pytest.mark.parametrize("kind", [Role.ADMIN, "without a role"])
async def test_naming_another_workspace_opens_nothing_of_it(
    resources: Resources, ours: World, theirs: World, kind: Role | str
) -> None:
    user = await somebody_who_is(resources, kind, ours.workspace)
    before = await theirs.held(resources)
    async with browser(user, workspace=theirs.workspace) as person:
        closed = [route for route in routes() if NEEDS[route] != OPEN]
        answers = {route: (await call(person, route, theirs)).status_code for route in closed}
    assert {route for route, status in answers.items() if status != 404} == set()
    assert await theirs.held(resources) == before


async def test_a_session_that_was_ended_opens_nothing(resources: Resources, ours: World) -> None:
    user = await somebody_who_is(resources, Role.ADMIN, ours.workspace)
    async with browser(user, workspace=ours.workspace) as person:
        assert (await call(person, "GET /workflows", ours)).status_code == 200
        await sessions.end_all(user.id)
        answers = {route: (await call(person, route, ours)).status_code for route in routes()}
    wrong = {route: status for route, status in answers.items() if NEEDS[route] != OPEN and status != 401}
    assert wrong == {}
