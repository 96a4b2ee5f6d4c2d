"""Who is calling, when what knows it does not answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from workbench.errors import Unavailable
from workbench.services import identity
from workbench.services import resources as process
from workbench.services.identity import Credentials
from workbench.services.resources import Resources


@pytest.fixture
async def hanging(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A Redis that takes every connection and says nothing, as a stopped process does."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    team = resources.settings.model_copy(update={"mode": "team", "redis_url": f"redis://127.0.0.1:{port}/0"})
    other = Resources(team)
    monkeypatch.setattr(process, "_current", other)
    yield
    monkeypatch.undo()
    server.close()


@pytest.mark.usefixtures("hanging")
async def test_a_redis_that_hangs_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "ANSWER_S", 0.2)
    with pytest.raises(Unavailable, match=r"nothing within 0\.2 seconds"):
        await identity.authenticate(Credentials(cookie="a token"))
