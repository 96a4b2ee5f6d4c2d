"""An adapter that does as its config says, for tests of everything around adapters."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.errors import Failure, NodeFailed
from engine.ports import AdapterCall, AdapterOutput


class FakeConfig(BaseModel):
    """`failures` attempts fail with the kind `failure`; any later one takes `seconds` and returns `value`."""

    model_config = ConfigDict(extra="allow")

    value: Any = None
    seconds: float = 0.0
    failures: int = 0
    failure: str = "fake"
    message: str = "failed as asked"
    retryable: bool = True


@dataclass
class FakeAdapter:
    """Remembers its calls, which of them were cancelled, and how many were under way at once."""

    type: str = "fake"
    calls: list[AdapterCall] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    working: int = 0
    most: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Fail, wait or return, as the config says."""
        self.calls.append(call)
        self.started.set()
        self.working += 1
        self.most = max(self.most, self.working)
        try:
            return await self._run(call)
        finally:
            self.working -= 1

    async def _run(self, call: AdapterCall) -> AdapterOutput:
        config = FakeConfig.model_validate(call.config)
        if call.attempt <= config.failures:
            raise NodeFailed(Failure(kind=config.failure, message=config.message), retryable=config.retryable)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(config.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(call.node_id)
            raise
        finally:
            self.at_once -= 1
        return AdapterOutput(config.value)

    def nodes(self) -> list[str]:
        """Return the nodes that were called, in that order."""
        return [call.node_id for call in self.calls]
