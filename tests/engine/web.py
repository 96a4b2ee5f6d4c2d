"""A small web server whose answers a test writes itself, and that remembers what it was asked."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer; `chunks` are sent after `body`, one by one, and `delay_s` before anything."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: tuple[bytes, ...] = ()
    delay_s: float = 0.0
    length: int | None = None


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return a JSON answer."""
    return Reply(status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode())


def redirect(location: str, status: int = 302, **headers: str) -> Reply:
    """Return an answer that leads elsewhere."""
    return Reply(status, {"Location": location, **headers})


@dataclass
class Web:
    """The running server: put answers into `replies` by path."""

    port: int
    replies: dict[str, Reply | Callable[[Asked], Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, asked: Asked) -> Reply:
        found = self.replies.get(asked.path.partition("?")[0], Reply(404, body=b"not here"))
        return found(asked) if callable(found) else found


@asynccontextmanager
async def web_server(host: str = "127.0.0.1") -> AsyncIterator[Web]:
    """Serve on a free port."""
    web = Web(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        web.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = await _read(reader)
                web.asked.append(asked)
                await _write(writer, web.reply(asked), bodiless=asked.method == "HEAD")
        writer.close()

    server = await asyncio.start_server(serve, host, 0)
    web.port = server.sockets[0].getsockname()[1]
    yield web
    server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


async def _write(writer: asyncio.StreamWriter, reply: Reply, *, bodiless: bool) -> None:
    await asyncio.sleep(reply.delay_s)
    length = reply.length if reply.length is not None else len(reply.body) + sum(map(len, reply.chunks))
    lines = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if bodiless else reply.body))
    await writer.drain()
    for chunk in () if bodiless else reply.chunks:
        writer.write(chunk)
        await writer.drain()
    if reply.length is not None:
        writer.close()
