"""Asks a service whether it does its work yet, with nothing but sockets: the supervisor stays small."""

import asyncio
import contextlib

_PATIENCE_S = 2.0


async def http_ok(host: str, port: int, path: str) -> bool:
    """Say whether a GET of `path` is answered with status 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    answer = await converse(host, port, request.encode(), until=b"\r\n")
    return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))


async def valkey_ok(host: str, port: int, password: str) -> bool:
    """Say whether the server takes the password and has loaded its data (PING is answered with PONG)."""
    answer = await converse(host, port, f"AUTH {password}\r\nPING\r\n".encode(), until=b"+PONG\r\n")
    return answer.endswith(b"+PONG\r\n")


async def accepts(host: str, port: int) -> bool:
    """Say whether anything listens there."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return True
    return False


async def converse(host: str, port: int, request: bytes, *, until: bytes) -> bytes:
    """Send `request` and return the answer through `until`; empty when nobody answers in time."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request)
                await writer.drain()
                return await reader.readuntil(until)
            finally:
                writer.close()
    return b""
