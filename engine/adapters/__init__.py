"""The adapters: each does the work of one node type. A new one is a file here and a line in ADAPTERS."""

from collections.abc import Callable

from engine.adapters.http import HttpAdapter
from engine.outbound import OutboundClient
from engine.ports import AgentAdapter

ADAPTERS: tuple[Callable[[OutboundClient], AgentAdapter], ...] = (HttpAdapter,)


def build(outbound: OutboundClient) -> dict[str, AgentAdapter]:
    """Return every adapter by its node type; all of them send their requests through `outbound`."""
    return {adapter.type: adapter for adapter in (make(outbound) for make in ADAPTERS)}
