"""`/users`, `/groups`, `/workspaces`, `/members`: shapes, pages, and that nothing comes in by accident."""

import httpx
import pytest

from tests.workbench.accounts import Installation
from workbench.auth.principal import Principal


async def test_roles_are_given_listed_and_taken(
    api: httpx.AsyncClient, principal: Principal, installation: Installation
) -> None:
    ada = await installation.person("Ada")
    await installation.workspace_called(principal.workspace)
    given = await api.put(f"/members/{ada}", json={"roles": ["designer"]})
    assert (given.status_code, given.json()["roles"][0]["role"]) == (200, "designer")
    listed = (await api.get("/members", params={"search": f"{ada}@"})).json()
    assert [member["id"] for member in listed["items"]] == [ada]
    assert (await api.delete(f"/members/{ada}")).status_code == 204
    assert (await api.get("/members", params={"search": f"{ada}@"})).json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/members/{ada}", {"roles": ["viewer"], "workspace_id": "default"}),
        ("PUT", "/members/{ada}", {"roles": ["owner"]}),
        ("PATCH", "/users/me", {"name": "Ada", "administrator": True}),
        ("PATCH", "/users/{ada}", {"disabled": False, "password_hash": "x"}),
        ("PATCH", "/workspaces/default", {"id": "mine"}),
        ("POST", "/groups", {"name": "Mine", "id": "mine"}),
    ],
)
async def test_nothing_is_taken_from_a_body_that_was_not_asked_for(
    api: httpx.AsyncClient, installation: Installation, method: str, path: str, body: dict[str, object]
) -> None:
    answer = await api.request(method, path.format(ada=await installation.person()), json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/nobody"),
        ("PATCH", "/users/nobody"),
        ("PATCH", "/groups/nothing"),
        ("DELETE", "/groups/nothing"),
        ("GET", "/groups/nothing/people"),
        ("PUT", "/groups/nothing/people/nobody"),
        ("PATCH", "/workspaces/nowhere"),
        ("DELETE", "/members/nobody"),
        ("DELETE", "/members/%00"),
    ],
)
async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient, method: str, path: str) -> None:
    body = {"json": {"name": "Any"}} if method == "PATCH" else {}
    assert (await api.request(method, path, **body)).status_code == 404


async def test_a_group_is_made_filled_and_deleted(api: httpx.AsyncClient, installation: Installation) -> None:
    ada = await installation.person()
    made = (await api.post("/groups", json={"name": "Group of " + ada})).json()
    assert (await api.put(f"/groups/{made['id']}/people/{ada}")).status_code == 204
    people = (await api.get(f"/groups/{made['id']}/people")).json()["items"]
    assert [(person["id"], person["fixed"]) for person in people] == [(ada, False)]
    assert (await api.get("/groups", params={"search": ada})).json()["items"][0]["people"] == 1
    assert (await api.delete(f"/groups/{made['id']}")).status_code == 204


async def test_who_calls_may_ask_who_they_are(api: httpx.AsyncClient, principal: Principal) -> None:
    me = (await api.get("/users/me")).json()
    assert (me["id"], me["workspace"], "runs:start" in me["actions"]) == (
        principal.id,
        principal.workspace,
        True,
    )
    assert (await api.patch("/users/me", json={"name": "Ada"})).status_code == 409  # no account of its own
