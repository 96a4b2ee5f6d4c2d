"""`/secrets`: written, listed, forgotten; no answer and no error ever holds a value."""

import httpx

from workbench.auth.principal import Principal


async def test_a_value_goes_in_and_never_comes_out(api: httpx.AsyncClient, principal: Principal) -> None:
    name = "API_" + principal.id.replace("-", "")
    assert (await api.put(f"/secrets/{name}", json={"value": "hunter2"})).status_code == 204
    listed = await api.get("/secrets", params={"limit": 200})
    assert name in {item["name"] for item in listed.json()["items"]}
    assert "hunter2" not in listed.text
    assert (await api.get(f"/secrets/{name}")).status_code == 405
    assert (await api.delete(f"/secrets/{name}")).status_code == 204
    assert (await api.delete(f"/secrets/{name}")).status_code == 404


async def test_a_wrong_body_is_not_quoted_back(api: httpx.AsyncClient) -> None:
    for body in ({"value": ["hunter2"]}, {"valeu": "hunter2"}, {"value": "hunter2", "more": 1}):
        answer = await api.put("/secrets/NAME", json=body)
        assert answer.status_code == 422
        assert "hunter2" not in answer.text
    assert (await api.put("/secrets/not a name", json={"value": "hunter2"})).status_code == 422


async def test_half_a_character_is_refused(api: httpx.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = await api.put("/secrets/TOKEN", content=b'{"value": "\\ud800"}', headers=json_type)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "bad-secret-value")
