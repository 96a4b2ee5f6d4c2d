"""What stands in a body or a query: no field that is not for callers, no id of another workspace."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.workbench.api.matrix_table import BODIES, DOCUMENT
from tests.workbench.api.matrix_world import MARK, World, browser, make_world, somebody_who_is
from workbench.auth.roles import Role
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")

PRIVILEGED: dict[str, Any] = {
    "id": "mine",
    "workspace_id": "theirs",
    "workspace": "theirs",
    "created_by": "somebody",
    "user_id": "somebody",
    "started_by": "somebody",
    "administrator": True,
    "narrowed": False,
    "roles": ["admin"],
    "actions": ["users:manage"],
    "impersonator": "somebody",
    "password_hash": "x",
}

OWN_FIELDS = {
    # What some routes are for, and who may call them is in the table.
    "POST /events": {"id"},
    "POST /providers": {"id"},
    "POST /auth/set-up": {"workspace"},
    "PATCH /users/{user_id}": {"administrator"},
    "PUT /workflows/{workflow_id}/access": {"narrowed"},
    "POST /invitations": {"roles"},
    "PUT /members/{subject_id}": {"roles"},
    "POST /impersonation": {"user_id"},
    "POST /api-keys": {"actions"},
}
DOCUMENTS = {"POST /check", "POST /hitl/tasks/{task_id}/files"}
"""The body is a document, which is checked as a whole and not stored; or a file, whatever is in it."""


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
async def ours(resources: Resources) -> World:
    return await make_world(resources)


@pytest.fixture
async def theirs(resources: Resources) -> World:
    return await make_world(resources, mark=MARK)


@pytest.fixture
async def admin(resources: Resources, ours: World) -> AsyncIterator[httpx.AsyncClient]:
    """Who may do everything in the own workspace, and nothing elsewhere."""
    async with browser(await somebody_who_is(resources, Role.ADMIN, ours.workspace)) as person:
        yield person


async def test_no_body_takes_a_field_that_is_not_for_callers(resources: Resources, ours: World) -> None:
    operator = await somebody_who_is(resources, "administrator", ours.workspace)
    taken = []
    async with browser(operator, workspace=ours.workspace) as person:
        for route in BODIES.keys() - DOCUMENTS:
            method, path = route.split(" ")
            for field in PRIVILEGED.keys() - OWN_FIELDS.get(route, set()):
                body = {**ours.fill(BODIES[route]), field: PRIVILEGED[field]}
                answer = await person.request(method, ours.path(path), json=body)
                if answer.status_code != 422:
                    taken.append((route, field, answer.status_code))
    assert taken == []


@pytest.mark.parametrize("version", ["live", "draft", 1, None])
async def test_no_run_is_started_of_a_foreign_workflow(
    admin: httpx.AsyncClient, theirs: World, version: str | int | None
) -> None:
    answer = await admin.post("/runs", json={"workflow_id": theirs.ids["workflow_id"], "version": version})
    assert answer.status_code == 404


async def test_no_output_of_a_foreign_run_is_pinned(
    admin: httpx.AsyncClient, ours: World, theirs: World
) -> None:
    path = f"/workflows/{ours.ids['workflow_id']}/pins/start"
    answer = await admin.put(path, json={"run_id": theirs.ids["run_id"]})
    assert answer.status_code == 404


async def test_a_foreign_run_is_not_compared_with(
    admin: httpx.AsyncClient, ours: World, theirs: World
) -> None:
    mine, other = ours.ids["run_id"], theirs.ids["run_id"]
    for path in (f"/runs/{mine}/compare/{other}", f"/runs/{other}/compare/{mine}"):
        assert (await admin.get(path)).status_code == 404


async def test_a_document_cannot_call_a_foreign_workflow(admin: httpx.AsyncClient, theirs: World) -> None:
    call = {"id": "call", "type": "subworkflow", "config": {"workflow": "{workflow_id}", "version": 1}}
    document = {**DOCUMENT, "nodes": [*DOCUMENT["nodes"], {**call, "config": theirs.fill(call["config"])}]}
    checked = (await admin.post("/check", json={"document": document})).json()["problems"]
    assert [problem["code"] for problem in checked] == ["subworkflow-unknown"]
    assert MARK not in str(checked)
    made = (await admin.post("/workflows", json={"document": document})).json()["id"]
    assert (await admin.post(f"/workflows/{made}/publish")).status_code == 422
    assert (await admin.post("/runs", json={"workflow_id": made})).status_code == 422


@pytest.mark.parametrize("kind", ["personal", "service"])
async def test_no_key_is_made_for_a_foreign_workspace(
    admin: httpx.AsyncClient, ours: World, theirs: World, kind: str
) -> None:
    for workspaces in ([theirs.workspace], [ours.workspace, theirs.workspace]):
        body = {"kind": kind, "name": "CI", "actions": ["runs:read"], "workspaces": workspaces}
        assert (await admin.post("/api-keys", json=body)).status_code == 422


async def test_no_key_allows_more_than_its_maker_may(resources: Resources, ours: World) -> None:
    async with browser(await somebody_who_is(resources, Role.VIEWER, ours.workspace)) as viewer:
        for actions in (["runs:start"], ["users:manage"], ["runs:read", "secrets:write"]):
            answer = await viewer.post("/api-keys", json={"name": "CI", "actions": actions})
            assert answer.status_code == 422


@pytest.mark.parametrize("parameter", ["workflow_id", "parent_run_id"])
async def test_a_list_narrowed_to_something_foreign_is_empty(
    admin: httpx.AsyncClient, theirs: World, parameter: str
) -> None:
    value = theirs.ids["run_id" if parameter == "parent_run_id" else parameter]
    answer = await admin.get("/runs", params={parameter: value})
    assert answer.status_code in {200, 404}
    assert answer.json().get("items", []) == []


@pytest.mark.parametrize("format", ["ndjson", "csv"])
async def test_an_export_has_nothing_of_another_workspace(
    admin: httpx.AsyncClient, theirs: World, format: str
) -> None:
    answer = await admin.get("/audit/export", params={"format": format})
    assert answer.status_code == 200
    assert theirs.workspace not in answer.text
    assert MARK not in answer.text
