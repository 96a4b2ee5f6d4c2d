"""Requests of a document reach what they may reach, and nothing else, whatever names and redirects say."""

import asyncio
import gzip
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from engine.errors import NodeFailed
from engine.outbound import OutboundClient, OutboundPolicy
from tests.engine.web import Reply, Web, as_json, redirect, web_server

CERTIFICATE = Path(__file__).with_name("good_example.pem")
"""A key and a certificate for good.example, signed by itself; good for nothing but this test."""

TEAM = OutboundPolicy(allow_private=False)

ALWAYS_REFUSED = [
    "169.254.169.254", "169.254.1.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "::", "fe80::1", "ff02::1", "fd00:ec2::254",
    "fd20:ce::254", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fec0::1",
]  # fmt: skip

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "::1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "100.64.0.1", "fd12::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
]  # fmt: skip


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with web_server() as web:
        yield web


async def failure(work: Awaitable[object]) -> tuple[str, bool]:
    """Return the kind of what `work` fails with, and whether trying again can help."""
    with pytest.raises(NodeFailed) as caught:
        await work
    return caught.value.failure.kind, caught.value.retryable


def answering(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """Return a resolver that gives these addresses one after the other, the last for ever."""
    left = list(addresses)

    async def resolver(host: str, port: int) -> list[str]:
        return [left.pop(0) if len(left) > 1 else left[0]]

    return resolver


@pytest.mark.parametrize("address", ALWAYS_REFUSED)
def test_address_is_refused_in_every_mode(address: str) -> None:
    for policy in (OutboundPolicy(), TEAM, OutboundPolicy(False, allowed_networks=("0.0.0.0/0", "::/0"))):
        with pytest.raises(NodeFailed, match="refused"):
            policy.check(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_for_a_single_users_machine(address: str) -> None:
    OutboundPolicy().check(ip_address(address))
    with pytest.raises(NodeFailed, match="private"):
        TEAM.check(ip_address(address))


def test_operator_can_list_networks() -> None:
    policy = OutboundPolicy(False, allowed_networks=("10.1.0.0/16", "fd12::/16"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "93.184.216.34", "2606:2800::1"):
        policy.check(ip_address(address))
    with pytest.raises(NodeFailed):
        policy.check(ip_address("10.2.0.1"))


async def test_answer_is_read(web: Web) -> None:
    web.replies["/"] = as_json({"a": 1})
    async with OutboundClient(OutboundPolicy()) as client:
        answer = await client.fetch("GET", f"{web.url}/")
    assert (answer.status, answer.body, answer.media_type) == (200, b'{"a": 1}', "application/json")


async def test_connection_is_used_again(web: Web) -> None:
    web.replies["/"] = as_json(1)
    async with OutboundClient(OutboundPolicy()) as client:
        for _ in range(3):
            await client.fetch("GET", f"{web.url}/")
    assert (len(web.asked), web.connections) == (3, 1)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"],
)
async def test_spelling_of_an_address_does_not_matter(host: str) -> None:
    async with OutboundClient(TEAM) as client:
        assert await failure(client.fetch("GET", f"http://{host}:9/")) == ("http.refused-address", False)


async def test_name_that_resolves_to_a_metadata_address_is_refused() -> None:
    async with OutboundClient(OutboundPolicy(), resolver=answering("169.254.169.254")) as client:
        assert (await failure(client.fetch("GET", "http://example.com/")))[0] == "http.refused-address"


async def test_name_with_one_bad_address_is_refused() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "169.254.169.254"]

    async with OutboundClient(OutboundPolicy(), resolver=resolver) as client:
        assert (await failure(client.fetch("GET", "http://example.com/")))[0] == "http.refused-address"


async def test_name_that_changes_its_address_is_resolved_once(web: Web) -> None:
    web.replies["/"] = Reply(body=b"first", headers={"Connection": "close"})
    policy = OutboundPolicy()
    async with OutboundClient(policy, resolver=answering("127.0.0.1", "169.254.169.254")) as client:
        answer = await client.fetch("GET", f"http://rebound.example:{web.port}/")
        assert answer.body == b"first"
        assert web.asked[0].headers["host"] == f"rebound.example:{web.port}"


async def test_redirect_to_a_metadata_address_is_refused(web: Web) -> None:
    web.replies["/"] = redirect("http://169.254.169.254/latest/meta-data/")
    async with OutboundClient(OutboundPolicy()) as client:
        assert (await failure(client.fetch("GET", f"{web.url}/")))[0] == "http.refused-address"


async def test_redirect_to_another_scheme_is_refused(web: Web) -> None:
    for location in ("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/x"):
        web.replies["/"] = redirect(location)
        async with OutboundClient(OutboundPolicy()) as client:
            assert (await failure(client.fetch("GET", f"{web.url}/")))[0] == "http.bad-url"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "example.com/x",
        "http://",
        "javascript:1",
        "http://127.0.0.1:99999/",
    ],
)
async def test_only_web_addresses_are_requested(url: str) -> None:
    async with OutboundClient(OutboundPolicy()) as client:
        kind, retryable = await failure(client.fetch("GET", url))
    assert (kind in {"http.bad-url", "http.bad-request"}, retryable) == (True, False)


async def test_own_services_are_refused_by_every_name(web: Web) -> None:
    web.replies["/"] = as_json("secret")
    policy = OutboundPolicy(services=frozenset({("127.0.0.1", web.port)}))
    async with OutboundClient(policy) as client:
        for host in ("127.0.0.1", "localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]"):
            assert (await failure(client.fetch("GET", f"http://{host}:{web.port}/")))[
                0
            ] == "http.refused-address"
    async with OutboundClient(policy, resolver=answering("127.0.0.1")) as client:
        url = f"http://innocent.example:{web.port}/"
        assert (await failure(client.fetch("GET", url)))[0] == "http.refused-address"
    assert web.asked == []


async def test_own_service_at_a_port_of_its_own_choice_is_refused(web: Web) -> None:
    policy = OutboundPolicy(hidden=lambda: frozenset({("127.0.0.1", web.port)}))
    async with OutboundClient(policy) as client:
        refusal = await failure(client.fetch("GET", f"http://localhost:{web.port}/"))
    assert (refusal[0], web.asked) == ("http.refused-address", [])


async def test_own_service_at_a_name_is_refused_at_its_address() -> None:
    policy = OutboundPolicy(services=frozenset({("db.internal", 5432)}))
    async with OutboundClient(policy, resolver=answering("10.3.3.3")) as client:
        assert (await failure(client.fetch("GET", "http://10.3.3.3:5432/")))[0] == "http.refused-address"


async def test_port_beside_a_service_is_reached(web: Web) -> None:
    web.replies["/"] = as_json(1)
    async with OutboundClient(OutboundPolicy(services=frozenset({("127.0.0.1", 1)}))) as client:
        assert (await client.fetch("GET", f"{web.url}/")).status == 200


async def test_redirects_are_followed_and_counted(web: Web) -> None:
    web.replies |= {
        "/a": redirect("/b"),
        "/b": redirect("/c", 307),
        "/c": as_json("there"),
        "/loop": redirect("/loop"),
    }
    async with OutboundClient(OutboundPolicy()) as client:
        answer = await client.fetch("POST", f"{web.url}/a", content=b"x")
        assert (answer.body, answer.url.path) == (b'"there"', "/c")
        assert await failure(client.fetch("GET", f"{web.url}/loop")) == ("http.too-many-redirects", False)
        assert len([asked for asked in web.asked if asked.path == "/loop"]) == 11


async def test_redirect_is_an_answer_where_none_is_followed(web: Web) -> None:
    web.replies["/"] = redirect("/b")
    async with OutboundClient(OutboundPolicy()) as client:
        assert (await client.fetch("GET", f"{web.url}/", follow_redirects=False)).status == 302


async def test_credentials_stay_at_their_origin(web: Web) -> None:
    async with web_server() as other, OutboundClient(OutboundPolicy()) as client:
        other.replies["/"] = as_json(1)
        web.replies |= {"/far": redirect(f"{other.url}/"), "/near": redirect("/here"), "/here": as_json(1)}
        headers = {"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "a=b", "Accept": "text/x"}
        await client.fetch("GET", f"{web.url}/far", headers=headers)
        await client.fetch("GET", f"{web.url}/near", headers=headers)
    assert {"authorization", "x-api-key", "cookie"} & set(other.asked[0].headers) == set()
    assert other.asked[0].headers["accept"] == "text/x"
    assert web.asked[-1].headers["authorization"] == "Bearer t"


async def test_cookies_are_not_kept(web: Web) -> None:
    web.replies["/"] = as_json(1, **{"Set-Cookie": "session=1"})
    async with OutboundClient(OutboundPolicy()) as client:
        await client.fetch("GET", f"{web.url}/")
        await client.fetch("GET", f"{web.url}/")
    assert "cookie" not in web.asked[1].headers


async def test_proxies_of_the_environment_are_ignored(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.replies["/"] = as_json(1)
    async with OutboundClient(OutboundPolicy()) as client:
        assert (await client.fetch("GET", f"{web.url}/")).status == 200


async def test_answer_over_the_limit_is_broken_off(web: Web) -> None:
    web.replies["/"] = Reply(chunks=tuple(b"x" * 50_000 for _ in range(50)))
    async with OutboundClient(OutboundPolicy(max_bytes=100_000)) as client:
        assert await failure(client.fetch("GET", f"{web.url}/")) == ("http.too-large", False)


async def test_compressed_answer_counts_as_long_as_it_is_unpacked(web: Web) -> None:
    web.replies["/"] = Reply(body=gzip.compress(b"0" * 5_000_000), headers={"Content-Encoding": "gzip"})
    async with OutboundClient(OutboundPolicy(max_bytes=1_000_000)) as client:
        assert (await failure(client.fetch("GET", f"{web.url}/")))[0] == "http.too-large"
    async with OutboundClient(OutboundPolicy()) as client:
        assert len((await client.fetch("GET", f"{web.url}/")).body) == 5_000_000


async def test_answer_that_cannot_be_unpacked_is_a_failure(web: Web) -> None:
    web.replies["/"] = Reply(body=os.urandom(50), headers={"Content-Encoding": "gzip"})
    async with OutboundClient(OutboundPolicy()) as client:
        assert (await failure(client.fetch("GET", f"{web.url}/")))[0] == "http.bad-answer"


async def test_service_that_is_down_or_unknown_may_be_asked_again(web: Web) -> None:
    async with OutboundClient(OutboundPolicy()) as client:
        assert await failure(client.fetch("GET", "http://127.0.0.1:9/")) == ("http.connection", True)
        assert await failure(client.fetch("GET", "http://no-such-name.invalid/")) == ("http.connection", True)
        web.replies["/"] = Reply(body=b"half", length=100)
        assert await failure(client.fetch("GET", f"{web.url}/")) == ("http.connection", True)


async def test_answer_that_takes_too_long_is_a_failure(web: Web) -> None:
    web.replies["/"] = Reply(delay_s=5)
    async with OutboundClient(OutboundPolicy()) as client:
        assert await failure(client.fetch("GET", f"{web.url}/", timeout_s=0.1)) == ("http.timeout", True)


async def test_header_that_would_split_the_request_is_refused(web: Web) -> None:
    async with OutboundClient(OutboundPolicy()) as client:
        for headers in ({"X": "a\r\nEvil: 1"}, {"X\r\nY": "1"}, {"X": "\u2603"}):
            assert (await failure(client.fetch("GET", f"{web.url}/", headers=headers)))[
                0
            ] == "http.bad-request"


async def test_certificate_is_checked_against_the_name() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    names: list[str | None] = []
    context.sni_callback = lambda connection, name, _: names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with OutboundClient(
        OutboundPolicy(), resolver=answering("127.0.0.1"), ssl_context=trusting
    ) as client:
        assert (await client.fetch("GET", f"https://good.example:{port}/")).body == b"ok"
        assert (await failure(client.fetch("GET", f"https://bad.example:{port}/")))[0] == "http.connection"
    assert names[0] == "good.example"
    server.close()
