"""`/providers`: set up by administrators; a secret goes in and never comes out."""

from uuid import uuid4

import httpx
import pytest

from tests.people import somebody
from workbench.auth.roles import Role, allowed
from workbench.errors import Forbidden
from workbench.services import providers


def body(**changed: object) -> dict[str, object]:
    """Return a provider that nobody has set up yet."""
    name = f"p{uuid4().hex[:12]}"
    given = {
        "name": name,
        "issuer": f"https://{name}.example/realm",
        "client_id": "workbench",
        "secret": "hunter2",
    }
    return {**given, **changed}


async def test_a_secret_goes_in_and_never_comes_out(api: httpx.AsyncClient) -> None:
    added = await api.post("/providers", json=body())
    assert added.status_code == 201
    where = f"/providers/{added.json()['id']}"
    changed = await api.patch(where, json={"secret": "hunter3", "enabled": False})
    for answer in (added, changed, await api.get(where), await api.get("/providers")):
        assert "hunter" not in answer.text
    assert (changed.json()["has_secret"], changed.json()["enabled"]) == (True, False)
    assert (await api.patch(where, json={"secret": ""})).json()["has_secret"] is False


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://id.example"},
        {"issuer": "javascript:alert(1)"},
        {"id": "local"},
        {"id": "../x"},
        {"name": " "},
        {"administrator": True},
        {"settings": {"scope": "openid", "audience_claim": "sub"}},
        {"settings": {"unknown": 1}},
    ],
)
async def test_what_is_wrong_with_a_provider_is_said(
    api: httpx.AsyncClient, changed: dict[str, object]
) -> None:
    answer = await api.post("/providers", json=body(**changed))
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


async def test_an_issuer_is_set_up_once(api: httpx.AsyncClient) -> None:
    given = body()
    assert (await api.post("/providers", json=given)).status_code == 201
    assert (await api.post("/providers", json={**given, "name": "Another"})).status_code == 409


async def test_a_mapping_gives_one_thing_that_is_there(api: httpx.AsyncClient) -> None:
    where = f"/providers/{(await api.post('/providers', json=body())).json()['id']}/mappings"
    claim = {"source": "realm_role", "value": "designer"}
    good = [{**claim, "administrator": True}]
    assert (await api.put(where, json={"mappings": good})).status_code == 200
    for wrong in (
        claim,
        {**claim, "workspace_id": "default"},
        {**claim, "workspace_id": "nowhere", "role": "viewer"},
        {**claim, "group_id": "nobody"},
        {**claim, "workspace_id": "default", "role": "viewer", "administrator": True},
        {**claim, "workspace_id": "default", "role": "owner"},
    ):
        assert (await api.put(where, json={"mappings": [wrong]})).status_code == 422
    assert [one["administrator"] for one in (await api.get(where)).json()] == [True]


async def test_what_no_database_can_hold_is_no_fault(api: httpx.AsyncClient) -> None:
    where = f"/providers/{(await api.post('/providers', json=body())).json()['id']}/mappings"
    claim = {"source": "group", "value": "a"}
    for unstorable in (
        {"value": "a\x00b", "administrator": True},
        {"workspace_id": "\x00", "role": "viewer"},
        {"group_id": "a\x00"},
    ):
        answer = await api.put(where, json={"mappings": [{**claim, **unstorable}]})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await api.get(where)).json() == []


async def test_only_administrators_see_providers() -> None:
    admin = somebody(actions=allowed(frozenset({Role.ADMIN})))
    with pytest.raises(Forbidden):
        await providers.list_providers(admin)
