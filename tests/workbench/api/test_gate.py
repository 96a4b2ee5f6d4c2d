"""The gate: a foreign page, or a name rebound to this machine, gets nowhere."""

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message

from tests.workbench.api.conftest import BASE
from workbench.api import gate
from workbench.api.app import create_api
from workbench.api.gate import HostOriginGate
from workbench.settings import Settings


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8420",
        "localhost:8420",
        "LOCALHOST:8420",
        "[::1]:8420",
        "127.0.0.1:9999",
        "workbench.example",
    ],
)
async def test_our_own_names_pass(api: httpx.AsyncClient, host: str) -> None:
    assert (await api.get("/workflows", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8420",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "",
        "proxy.example",
        "[",
    ],
)
async def test_a_foreign_host_is_refused(api: httpx.AsyncClient, host: str) -> None:
    answer = await api.get("/workflows", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:3000", "https://127.0.0.1:8421", "file://", "http://["],
)
async def test_a_foreign_origin_is_refused_whatever_the_method(
    api: httpx.AsyncClient, method: str, origin: str
) -> None:
    assert (await api.request(method, "/workflows", headers={"Origin": origin})).status_code == 403


@pytest.mark.parametrize("origin", [BASE, "https://workbench.example", "https://proxy.example:8443"])
async def test_our_own_origin_passes(api: httpx.AsyncClient, origin: str) -> None:
    assert (await api.get("/workflows", headers={"Origin": origin})).status_code == 200


async def test_a_change_that_comes_from_another_site_is_refused_also_without_an_origin(
    api: httpx.AsyncClient,
) -> None:
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert (await api.post("/workflows", json={}, headers=crossing)).status_code == 403
    assert (await api.get("/workflows", headers=crossing)).status_code == 200


async def test_every_answer_has_the_security_headers(api: httpx.AsyncClient) -> None:
    for headers in ({}, {"Host": "evil.example"}):
        answer = await api.get("/workflows", headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


async def handshake(application: ASGIApp, **headers: str) -> list[Message]:
    """Return what the server says to a websocket handshake."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/_event",
        "scheme": "ws",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await application(scope, receive, send)
    return said


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"host": "127.0.0.1:8420", "origin": BASE}, True),
        ({"host": "127.0.0.1:8420"}, True),
        ({"host": "127.0.0.1:8420", "origin": "http://evil.example"}, False),
        ({"host": "127.0.0.1:8420", "origin": "null"}, False),
        ({"host": "evil.example", "origin": "http://evil.example"}, False),
    ],
)
async def test_a_websocket_needs_our_host_and_our_origin(headers: dict[str, str], passes: bool) -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    said = await handshake(HostOriginGate(echo, allowed_hosts=[]), **headers)
    assert [message["type"] for message in said] == ["websocket.accept" if passes else "websocket.close"]


async def test_what_the_api_says_is_kept_nowhere(api: httpx.AsyncClient) -> None:
    for path in ("/workflows", "/health", "/nothing"):
        assert (await api.get(path)).headers["cache-control"] == "no-store"


async def test_a_page_is_asked_for_again_each_time(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"{BASE}/runs")).headers["cache-control"] == "no-cache"


SIGNED_IN = {"Cookie": "a=b; workbench=token"}


@pytest.mark.parametrize("cookie", [SIGNED_IN, {"Cookie": "__Host-workbench=token"}])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_change_by_cookie_has_to_say_where_it_comes_from(
    api: httpx.AsyncClient, method: str, cookie: dict[str, str]
) -> None:
    refused = await api.request(method, "/nothing", headers=cookie)
    assert refused.status_code == 403
    assert "Origin" in refused.json()["detail"]
    for told in ({"Origin": BASE}, {"Sec-Fetch-Site": "same-origin"}, {"Authorization": "Bearer wb_x"}):
        assert (await api.request(method, "/nothing", headers=cookie | told)).status_code == 404


async def test_what_changes_nothing_need_not_say_it(api: httpx.AsyncClient) -> None:
    assert (await api.get("/workflows", headers=SIGNED_IN)).status_code == 200


async def test_a_websocket_by_cookie_has_to_say_where_it_comes_from() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    guarded = HostOriginGate(echo, allowed_hosts=[])
    host = {"host": "127.0.0.1:8420", "cookie": "workbench=token"}
    for headers, expected in ((host, "close"), (host | {"origin": BASE}, "accept")):
        said = await handshake(guarded, **headers)
        assert [message["type"] for message in said] == [f"websocket.{expected}"]


@pytest.mark.parametrize("name", ["Cookie", "X-Large", "Authorization"])
async def test_headers_that_are_too_large_are_refused(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.get("/workflows", headers={name: "workbench=" + "x" * 40_000})
    assert answer.status_code == 431
    assert answer.json()["code"] == "headers-too-large"


async def test_over_https_a_browser_comes_over_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "get_settings", lambda: Settings(public_url="https://workbench.example"))
    transport = httpx.ASGITransport(HostOriginGate(create_api()))
    async with httpx.AsyncClient(transport=transport, base_url="https://workbench.example") as client:
        answer = await client.get("/api/openapi.json")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "camera=()" in answer.headers["permissions-policy"]
