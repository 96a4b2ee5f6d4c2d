"""The API behind its gate, called as a browser would name it; each test is a person of its own."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from workbench.api.app import create_api
from workbench.api.gate import HostOriginGate
from workbench.api.principal import current_principal
from workbench.auth.principal import Principal
from workbench.services.resources import Resources

BASE = "http://127.0.0.1:8420"


@pytest.fixture
def application(resources: Resources, principal: Principal) -> ASGIApp:
    api = create_api()
    api.dependency_overrides[current_principal] = lambda: principal
    return HostOriginGate(api, allowed_hosts=["workbench.example", "proxy.example:8443"])


@pytest.fixture
async def api(application: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose paths are relative to /api/v1."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1", timeout=60) as client:
        yield client


@pytest.fixture
def hello() -> dict[str, Any]:
    """A document that greets."""
    return {
        "format": "workbench/1",
        "name": "Hello",
        "inputs": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "mark": {"type": "string", "default": "!"}},
            "required": ["name"],
        },
        "outputs": {"greeting": "Hello, {{ inputs.name }}{{ inputs.mark }}"},
        "nodes": [{"id": "start", "type": "input"}],
        "edges": [],
    }
