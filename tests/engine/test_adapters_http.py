"""What an http step sends, and what it makes of the answer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.adapters.http import MAX_VALUE, HttpAdapter
from engine.errors import Failure, NodeFailed
from engine.outbound import OutboundClient, OutboundPolicy
from engine.ports import AdapterCall, AdapterOutput
from tests.engine.memory import MemoryBlobs
from tests.engine.web import Reply, Web, as_json, redirect, web_server


class Caller:
    """The adapter beside the server it talks to."""

    def __init__(self, web: Web, adapter: HttpAdapter) -> None:
        self.web = web
        self.adapter = adapter
        self.blobs = MemoryBlobs()

    async def run(self, reply: Reply | None = None, **config: Any) -> AdapterOutput:
        """Do one call to `/`, which is answered with `reply`."""
        self.web.replies["/"] = reply or as_json({})
        call = AdapterCall(
            run_id="run",
            node_id="fetch",
            scope="",
            attempt=1,
            config={"url": f"{self.web.url}/", **config},
            blobs=self.blobs,
            idempotency_key="run:fetch",
        )
        return await self.adapter.run(call)

    async def fail(self, reply: Reply | None = None, **config: Any) -> tuple[Failure, bool]:
        """Do a call that fails."""
        with pytest.raises(NodeFailed) as caught:
            await self.run(reply, **config)
        return caught.value.failure, caught.value.retryable


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with web_server() as web, OutboundClient(OutboundPolicy()) as outbound:
        yield Caller(web, HttpAdapter(outbound))


async def test_output_is_the_body(caller: Caller) -> None:
    output = await caller.run(as_json({"items": [1, 2]}))
    assert (output.value, output.media_type, output.port) == ({"items": [1, 2]}, "application/json", "out")


async def test_json_is_known_by_its_content_type(caller: Caller) -> None:
    for content_type in ("application/json; charset=utf-8", "application/feed+json", "Application/JSON"):
        reply = Reply(headers={"Content-Type": content_type}, body=b'\xef\xbb\xbf{"a": "\xc3\xa4"}')
        assert (await caller.run(reply)).value == {"a": "ä"}


async def test_text_is_read_in_its_own_charset(caller: Caller) -> None:
    reply = Reply(headers={"Content-Type": 'text/html; charset="iso-8859-1"'}, body=b"<p>\xe4</p>")
    output = await caller.run(reply)
    assert (output.value, output.media_type) == ("<p>ä</p>", "text/html")


async def test_unknown_charset_is_read_as_utf_8(caller: Caller) -> None:
    reply = Reply(headers={"Content-Type": "text/plain; charset=klingon"}, body="ä".encode())
    assert (await caller.run(reply)).value == "ä"


async def test_anything_else_is_kept_as_a_file(caller: Caller) -> None:
    reply = Reply(headers={"Content-Type": "image/png"}, body=b"\x89PNG")
    output = await caller.run(reply)
    assert await caller.blobs.get(output.value["$artifact"]) == b"\x89PNG"
    assert output.value == {**output.value, "media_type": "image/png", "name": "download.png", "size": 4}
    assert output.media_type == "image/png"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="report.pdf"', "report.pdf"),
        ("attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename=".."', "download.pdf"),
    ],
)
async def test_file_has_the_name_the_service_gives_it(caller: Caller, disposition: str, name: str) -> None:
    headers = {"Content-Type": "application/pdf", "Content-Disposition": disposition}
    assert (await caller.run(Reply(headers=headers, body=b"%PDF"), response="file")).value["name"] == name


async def test_file_is_named_after_its_address(caller: Caller) -> None:
    caller.web.replies["/files/a%20b.csv"] = Reply(headers={"Content-Type": "text/csv"}, body=b"a")
    output = await caller.run(url=f"{caller.web.url}/files/a%20b.csv", response="file")
    assert output.value["name"] == "a b.csv"


async def test_reading_can_be_forced(caller: Caller) -> None:
    text = Reply(headers={"Content-Type": "text/plain"}, body=b"[1]")
    assert (await caller.run(text, response="json")).value == [1]
    assert (await caller.run(as_json([1]), response="text")).value == "[1]"


async def test_empty_answer_is_none(caller: Caller) -> None:
    assert (await caller.run(Reply(204))).value is None
    assert (await caller.run(Reply(200), response="json")).value is None


@pytest.mark.parametrize("body", [b"{", b"NaN", b"[" * 100_000, b"\xff", b"<html>"])
async def test_broken_json_is_a_failure(caller: Caller, body: bytes) -> None:
    failure, retryable = await caller.fail(Reply(headers={"Content-Type": "application/json"}, body=body))
    assert (failure.kind, retryable) == ("http.bad-json", False)


async def test_long_json_is_read_too(caller: Caller) -> None:
    assert len((await caller.run(as_json(["x" * 100] * 10_000))).value) == 10_000


async def test_value_has_a_limit_that_a_file_has_not(caller: Caller) -> None:
    for response in ("auto", "text"):
        reply = Reply(headers={"Content-Type": "text/plain"}, body=b"x" * (MAX_VALUE + 1))
        failure, _ = await caller.fail(reply, response=response)
        assert failure.kind == "http.too-large"
    assert (await caller.run(reply, response="file")).value["size"] == MAX_VALUE + 1


async def test_unexpected_status_says_what_came(caller: Caller) -> None:
    failure, retryable = await caller.fail(as_json({"detail": "no such\nitem"}, 404))
    assert (failure.kind, retryable) == ("http.status", False)
    assert "404" in failure.message
    assert "no such" in failure.message


@pytest.mark.parametrize(
    ("status", "retryable"), [(500, True), (503, True), (429, True), (400, False), (501, False)]
)
async def test_only_passing_troubles_are_worth_another_attempt(
    caller: Caller, status: int, retryable: bool
) -> None:
    assert (await caller.fail(as_json(0, status)))[1] is retryable


async def test_other_statuses_can_be_expected(caller: Caller) -> None:
    for expected in ([404], ["404"], ["2xx", 404], ["4XX"]):
        assert (await caller.run(as_json("gone", 404), expected_status=expected)).value == "gone"


async def test_redirect_is_an_answer_where_none_is_followed(caller: Caller) -> None:
    output = await caller.run(redirect("/b"), follow_redirects=False, expected_status=["3xx"])
    assert output.value is None


async def test_body_is_sent_as_asked(caller: Caller) -> None:
    await caller.run(method="POST", body_kind="json", body={"ä": [1, None]})
    await caller.run(method="POST", body_kind="text", body="ä")
    await caller.run(method="POST", body_kind="form", body={"a": "1 2", "b": [1, 2], "c": None, "d": True})
    await caller.run(method="POST", body_kind="none", body="ignored")
    sent = [(asked.headers.get("content-type"), asked.body.decode()) for asked in caller.web.asked]
    assert sent == [
        ("application/json", '{"ä": [1, null]}'),
        ("text/plain; charset=utf-8", "ä"),
        ("application/x-www-form-urlencoded", "a=1+2&b=1&b=2&d=true"),
        (None, ""),
    ]


async def test_own_headers_win(caller: Caller) -> None:
    headers = {
        "content-type": "application/ld+json",
        "idempotency-key": "mine",
        "X-Number": 7,
        "X-None": None,
    }
    await caller.run(method="PUT", body_kind="json", body={}, headers=headers)
    sent = caller.web.asked[0].headers
    assert (sent["content-type"], sent["idempotency-key"], sent["x-number"]) == (
        "application/ld+json",
        "mine",
        "7",
    )
    assert "x-none" not in sent


async def test_only_changing_requests_carry_an_idempotency_key(caller: Caller) -> None:
    for method in ("GET", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"):
        await caller.run(method=method)
    keys = {asked.method: asked.headers.get("idempotency-key") for asked in caller.web.asked}
    key = "run:fetch"
    assert keys == {"GET": None, "POST": key, "HEAD": None, "PATCH": key, "DELETE": key, "OPTIONS": None}


async def test_query_is_added_to_the_address(caller: Caller) -> None:
    query = {"tag": ["a b", "c&d"], "page": 2, "gone": None, "deep": {"x": 1}, "on": True}
    await caller.run(url=f"{caller.web.url}/?kept=1", query=query)
    assert caller.web.asked[0].path == "/?kept=1&tag=a+b&tag=c%26d&page=2&deep=%7B%22x%22%3A+1%7D&on=true"


@pytest.mark.parametrize(
    "config", [{"url": 7}, {"headers": "none"}, {"body_kind": "form", "body": "text"}, {"query": [1]}]
)
async def test_config_that_rendered_wrong_names_the_field(caller: Caller, config: dict[str, Any]) -> None:
    failure, retryable = await caller.fail(method="POST", **config)
    assert (failure.kind, retryable) == ("http.bad-request", False)
    assert list(config)[-1] in json.dumps(failure.model_dump())


async def test_header_that_is_not_ascii_is_refused(caller: Caller) -> None:
    failure, retryable = await caller.fail(headers={"X-Name": "Zoë 😀"})
    assert (failure.kind, retryable) == ("http.bad-request", False)


async def test_headers_that_follow_from_the_body_are_refused(caller: Caller) -> None:
    for name in ("Content-Length", "transfer-encoding"):
        failure, retryable = await caller.fail(method="POST", body_kind="text", body="a", headers={name: "9"})
        assert (failure.kind, retryable) == ("http.bad-request", False)
