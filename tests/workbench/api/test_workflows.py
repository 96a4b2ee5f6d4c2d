"""`/workflows` over HTTP: what goes in comes out, and what is wrong is named and not stored."""

import re
from typing import Any

import httpx
import pytest

from tests.workbench.api.conftest import BASE
from workbench.api import bodies

MISSING = "019e0000-0000-7000-8000-000000000000"


async def create(api: httpx.AsyncClient, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await api.post("/workflows", json={"document": document, **more})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def stored(api: httpx.AsyncClient) -> list[Any]:
    items: list[Any] = (await api.get("/workflows")).json()["items"]
    return items


async def test_create_read_list_and_delete(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    created = await create(api, hello, name="Mine")
    assert (created["name"], created["revision"], created["problems"]) == ("Mine", 1, [])

    read = (await api.get(f"/workflows/{created['id']}")).json()
    assert read == created
    assert [item["id"] for item in await stored(api)] == [created["id"]]

    assert (await api.delete(f"/workflows/{created['id']}")).status_code == 204
    assert (await api.get(f"/workflows/{created['id']}")).status_code == 404


async def test_the_order_of_a_documents_keys_survives_http(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    hello["inputs"]["properties"] = {"zulu": {"type": "string"}, "alpha": {"type": "string"}}
    hello["inputs"]["required"], hello["outputs"] = [], {}
    created = await create(api, hello)
    assert list(created["document"]["inputs"]["properties"]) == ["zulu", "alpha"]


async def test_a_stale_revision_is_refused_with_both_and_nothing_is_overwritten(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    path = f"/workflows/{(await create(api, hello))['id']}/draft"
    first = await api.put(path, json={"revision": 1, "document": {**hello, "description": "first"}})
    stale = await api.put(path, json={"revision": 1, "document": {**hello, "description": "second"}})

    assert first.json()["revision"] == 2
    assert stale.status_code == 409
    assert stale.headers["content-type"] == "application/problem+json"
    body = stale.json()
    assert (body["code"], body["based_on"], body["current"]) == ("stale-revision", 1, 2)
    assert (await api.get(path.removesuffix("/draft"))).json()["description"] == "first"


async def test_if_match_carries_the_revision_too(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    path = f"/workflows/{(await create(api, hello))['id']}/draft"
    done = await api.put(path, json={"document": hello}, headers={"If-Match": '"1"'})
    stale = await api.put(path, json={"document": hello}, headers={"If-Match": '"1"'})
    neither = await api.put(path, json={"document": hello})
    assert (done.status_code, stale.status_code, neither.status_code) == (200, 409, 422)
    assert neither.json()["problems"][0]["field"] == "revision"


async def test_publish_and_versions(api: httpx.AsyncClient, hello: dict[str, Any]) -> None:
    path = f"/workflows/{(await create(api, hello))['id']}"
    for number in (1, 2, 3):
        published = await api.post(f"{path}/publish")
        assert (published.status_code, published.json()["number"]) == (201, number)
        document = {**hello, "description": f"after {number}"}
        assert (await api.put(f"{path}/draft", json={"revision": number, "document": document})).is_success

    page = (await api.get(f"{path}/versions", params={"limit": 2})).json()
    rest = (await api.get(f"{path}/versions", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [item["number"] for item in page["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    second = (await api.get(f"{path}/versions/2")).json()
    assert (second["document"]["description"], second["live"]) == ("after 1", False)
    assert (await api.get(f"{path}/versions/4")).status_code == 404


async def test_check_names_every_problem_of_a_draft_and_the_draft_is_kept(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    hello["nodes"] += [
        {"id": "fetch", "type": "http", "config": {}},
        {"id": "make", "type": "transform", "config": {"value": "{{ nodes.nobody.output }}"}},
    ]
    created = await create(api, hello)
    checked = (await api.post(f"/workflows/{created['id']}/check")).json()

    assert {problem["node"] for problem in checked["problems"]} == {"fetch", "make"}
    assert all(
        set(problem) == {"code", "node", "field", "message", "hint"} for problem in checked["problems"]
    )
    assert checked["problems"] == created["problems"]
    refused = await api.post(f"/workflows/{created['id']}/publish")
    assert (refused.status_code, refused.json()["problems"]) == (422, checked["problems"])


def cyclic(document: dict[str, Any]) -> dict[str, Any]:
    steps = [{"id": name, "type": "transform", "config": {"value": 1}} for name in ("one", "two")]
    edges = [{"source": "one", "target": "two"}, {"source": "two", "target": "one"}]
    return {**document, "nodes": [*document["nodes"], *steps], "edges": edges}


def with_node(document: dict[str, Any], **node: Any) -> dict[str, Any]:
    return {**document, "nodes": [*document["nodes"], node]}


@pytest.mark.parametrize(
    "spoil",
    [
        cyclic,
        lambda document: with_node(document, id="odd", type="no-such-type"),
        lambda document: with_node(document, id="odd", type="transform", type_version=99),
        lambda document: with_node(document, id="start", type="input"),
        lambda document: with_node(document, id="Not A Slug", type="note"),
        lambda document: with_node(document, id="odd", type="note", colour="red"),
        lambda document: {**document, "edges": [{"source": "start", "target": "nowhere"}]},
        lambda document: {**document, "format": "workbench/99"},
        lambda document: {"nodes": document["nodes"], "connections": {}, "name": "n8n"},
        lambda document: {**document, "nodes": "all of them"},
        lambda document: [document],
        lambda document: None,
    ],
)
async def test_what_is_no_workflow_is_refused_by_name_and_not_stored(
    api: httpx.AsyncClient, hello: dict[str, Any], spoil: Any
) -> None:
    answer = await api.post("/workflows", json={"document": spoil(hello)})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"]
    assert all(problem["message"] for problem in answer.json()["problems"])
    assert await stored(api) == []

    created = await create(api, hello)
    body = {"revision": 1, "document": spoil(hello)}
    assert (await api.put(f"/workflows/{created['id']}/draft", json=body)).status_code == 422
    assert (await api.get(f"/workflows/{created['id']}")).json() == created


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1]",
        b'"text"',
        b'{"document": ' + b"[" * 100_000,
        b'{"document": {"a": NaN}}',
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/workflows", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert await stored(api) == []


async def test_fifty_megabytes_are_refused_and_not_stored(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    hello["description"] = "x" * 50_000_000
    answer = await api.post("/workflows", json={"document": hello})
    assert answer.status_code == 422
    assert [problem["code"] for problem in answer.json()["problems"]] == ["too-large"]
    assert await stored(api) == []


async def test_a_body_without_a_length_is_bounded_too(api: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b"x" * (bodies.MAX_BYTES // 10)

    answer = await api.post("/workflows", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.json()["problems"][0]["code"] == "too-large"


@pytest.mark.parametrize("document", [None, 1, True, [], [None, None], "x"])
async def test_what_is_no_document_is_a_problem_not_a_fault(api: httpx.AsyncClient, document: Any) -> None:
    answer = await api.post("/check", json={"document": document})
    assert answer.status_code == 200
    assert [problem["code"] for problem in answer.json()["problems"]] == ["not-a-document"]


async def test_a_bare_document_is_checked_without_being_stored(
    api: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    assert (await api.post("/check", json={"document": hello})).json() == {"problems": []}
    assert (await api.post("/check", json=hello)).json() == {"problems": []}
    wrong = (await api.post("/check", json={"document": cyclic(hello)})).json()["problems"]
    assert wrong
    assert await stored(api) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/workflows/{MISSING}", 404),
        ("GET", "/workflows/nonsense", 404),
        ("GET", "/workflows?limit=0", 422),
        ("GET", "/workflows?cursor=forged", 422),
        ("POST", f"/workflows/{MISSING}/publish", 404),
        ("DELETE", f"/workflows/{MISSING}", 404),
        ("GET", f"/runs/{MISSING}", 404),
        ("GET", f"/runs/{MISSING}/events", 404),
        ("GET", "/runs?status=sleeping", 422),
        ("POST", "/runs", 422),
        ("GET", "/nowhere", 404),
        ("PATCH", "/workflows", 405),
        ("DELETE", "/runs", 405),
        ("GET", "/schemas/nodes/no-such-type", 404),
        ("GET", "/examples/no-such-example", 404),
        ("GET", "/examples?cursor=forged", 422),
    ],
)
async def test_every_error_is_a_problem(api: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["code"]


async def test_a_method_that_is_not_allowed_names_those_that_are(api: httpx.AsyncClient) -> None:
    assert (await api.patch("/workflows")).headers["allow"] == "GET, POST"


async def test_what_nobody_foresaw_is_a_problem_without_a_stack_trace(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("workbench.services.workflows.list_workflows", broken)
    answer = await api.get("/workflows")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.json()["reference"] in answer.json()["detail"]


async def test_openapi_describes_every_route_and_its_errors(api: httpx.AsyncClient) -> None:
    document = (await api.get(f"{BASE}/api/openapi.json")).json()
    routes = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert ("post", "/api/v1/runs") in routes
    assert ("get", "/api/v1/runs/{run_id}/events") in routes
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    assert "ProblemDetails" in document["components"]["schemas"]


async def test_the_documentation_needs_no_other_server(api: httpx.AsyncClient) -> None:
    page = (await api.get(f"{BASE}/api/docs")).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    for path in loaded:
        assert path.startswith("/api/docs/")
        assert (await api.get(f"{BASE}{path}")).status_code == 200
