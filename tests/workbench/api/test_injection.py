"""Nothing that somebody sends begins a header of an answer, or another answer."""

from typing import Any

import pytest

from workbench.api.content_policy import ContentPolicy
from workbench.api.gate import HostOriginGate
from workbench.api.page_gate import PageGate, onward
from workbench.api.v1.runs import _safe, disposition
from workbench.services.oidc.flow import _local
from workbench.services.resources import Resources

BREAK = "a\r\nSet-Cookie: workbench=mine\r\n\r\n<script>"
BREAKS = (BREAK, "a\nX: y", "a\rX: y", "a\u2028X: y", "a\x00b", "a\x85b", '"; filename=b')


async def page(scope: Any, receive: Any, send: Any) -> None:
    """Answer with a page, whose policy names the host that was asked."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<p>"})


async def asked(app: Any, path: str = "/runs", *, host: str = "127.0.0.1:8420", query: str = "") -> Any:
    """Return status and headers of the answer to a request that no server would have let through."""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    headers = [(b"host", host.encode()), (b"accept", b"text/html")]
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    return said[0]["status"], said[0]["headers"]


def breaks(headers: Any) -> bool:
    """Return whether a header would end before its end, or a policy says what was sent."""
    return any(sign in value or sign in name for name, value in headers for sign in (b"\r", b"\n", b"\x00"))


@pytest.mark.parametrize("name", BREAKS)
def test_the_name_of_a_file_stays_in_its_header(name: str) -> None:
    for value in disposition("text/plain", name).values():
        assert value.isascii()
        assert value.isprintable()
        assert value.count('"') == 0


@pytest.mark.parametrize("kind", [f"text/{BREAK}", "text/plain\nX: y", "text/ü", "no type"])
def test_what_cannot_be_a_media_type_is_none(kind: str) -> None:
    assert _safe(kind) == "application/octet-stream"


@pytest.mark.parametrize(
    "host",
    [f"127.0.0.1{BREAK}", "127.0.0.1;script-src *", "localhost script-src *", "[::1];x", "[::1]x", "a,b"],
)
async def test_a_host_that_is_none_is_refused_and_in_no_policy(host: str) -> None:
    status, headers = await asked(ContentPolicy(HostOriginGate(page, allowed_hosts=[])), host=host)
    assert status == 403
    assert not breaks(headers)
    assert b"script-src *" not in dict(headers)[b"content-security-policy"]


@pytest.mark.parametrize("path", [f"/{BREAK}", "/runs\nX: y", "//evil.example/x", "/\\evil.example/x"])
async def test_who_is_led_to_sign_in_is_led_there_alone(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")
    status, headers = await asked(PageGate(page), path, query="x=%0d%0aX:%20y")
    assert status == 303
    assert not breaks(headers)
    assert dict(headers)[b"location"].startswith((b"/sign-in?next=%2F", b"/set-up"))


@pytest.mark.parametrize("path", [*BREAKS, "//evil.example", "/\\evil.example", "https://evil.example", ""])
def test_after_signing_in_nobody_is_sent_elsewhere(path: str) -> None:
    for target in (_local(path), onward(f"next={path}"), _local(f"/{path}")):
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))
        assert target.isprintable()
