"""Bodies are JSON and say so; what calls itself something else is not read."""

from typing import Any

import httpx
import pytest

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("kind", ["text/plain", FORM, "multipart/form-data; boundary=x", "application/x", ""])
@pytest.mark.parametrize("path", ["/workflows", "/runs", "/auth/sign-in", "/nothing"])
async def test_what_does_not_say_that_it_is_json_is_refused(
    api: httpx.AsyncClient, hello: dict[str, Any], path: str, kind: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await api.post(path, content='{"document": {"name": "Hello"}}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert (await api.get("/workflows")).json()["items"] == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/a+json"]
)
async def test_json_by_another_name_is_read(api: httpx.AsyncClient, kind: str) -> None:
    answer = await api.post("/check", content='{"document": {}}', headers={"Content-Type": kind})
    assert answer.status_code == 200


async def test_who_sends_nothing_says_nothing(api: httpx.AsyncClient) -> None:
    assert (await api.post("/auth/sign-out")).status_code == 200


async def test_a_provider_sends_a_form_and_a_webhooks_caller_what_it_likes(api: httpx.AsyncClient) -> None:
    for path in ("/auth/oidc/nobody/backchannel-logout", "/hooks/nowhere", "/hitl/tasks/none/files"):
        answer = await api.post(path, content="a=b", headers={"Content-Type": FORM})
        assert answer.status_code in (400, 404)
