"""A tab without a browser: the websocket that Reflex speaks (Engine.IO 4, Socket.IO 5), unchecked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from simple_websocket import AioClient

from tests.e2e.stack import Stack

NAMESPACE = "/_event"


class Tab:
    """One open websocket. What the server sends is kept in `updates` as Reflex's state updates."""

    def __init__(self, socket: AioClient) -> None:
        self._socket = socket

    async def send(self, name: str, payload: dict[str, Any], *, path: str = "/") -> None:
        """Send an event, as nobody's page would have to."""
        event = {"name": name, "payload": payload, "router_data": {"pathname": path, "query": {}}}
        await self._socket.send(f"42{NAMESPACE},{json.dumps(['event', event])}")

    async def ask(self, name: str, payload: dict[str, Any]) -> None:
        """Send an event and return when it has been dealt with."""
        await self.send(name, payload)
        while (update := await self._update()) is None or update.get("final") is False:
            pass

    async def told(self, *, quiet_s: float = 0.3, first_s: float = 15) -> list[dict[str, Any]]:
        """Return the state updates that come until it is quiet."""
        found: list[dict[str, Any]] = []
        while True:
            try:
                update = await asyncio.wait_for(self._update(), quiet_s if found else first_s)
            except TimeoutError:
                return found
            if update is not None:
                found.append(update)

    async def _update(self) -> dict[str, Any] | None:
        """Return what comes next, if it is a state update."""
        text = await self._socket.receive()
        if text == "2":
            await self._socket.send("3")
        elif text.startswith(f"42{NAMESPACE},"):
            kind, *data = json.loads(text.removeprefix(f"42{NAMESPACE},"))
            if kind == "event":
                found: dict[str, Any] = data[0] if isinstance(data[0], dict) else json.loads(data[0])
                return found
        return None


@asynccontextmanager
async def tab(stack: Stack, *, cookie: str = "", token: str = "") -> AsyncIterator[Tab]:
    """Open a tab with a session's cookie, or with none, under a new client token unless one is given."""
    address = stack.url.replace("http://", "ws://")
    url = f"{address}/_event/?EIO=4&transport=websocket&token={token or uuid4()}"
    # This client names a host without its port, so the origin has none either.
    headers = {"Origin": stack.url.rpartition(":")[0], **({"Cookie": cookie} if cookie else {})}
    socket = await AioClient.connect(url, headers=headers)
    await socket.receive()  # the handshake of Engine.IO
    await socket.send(f"40{NAMESPACE},")
    while not (await socket.receive()).startswith(f"40{NAMESPACE}"):
        pass
    try:
        yield Tab(socket)
    finally:
        await socket.close()
