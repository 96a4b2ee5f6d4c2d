"""The API, really served, since providers call it; the two providers; people who signed in nowhere yet."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from tests.oidc import processes
from tests.oidc.browser import Browser
from tests.oidc.processes import Keycloak, NodeProvider
from tests.people import somebody
from workbench.api.app import create_api
from workbench.api.gate import HostOriginGate
from workbench.auth.principal import Principal
from workbench.db.ids import new_id, now
from workbench.db.tables import GroupRow, WorkspaceRow
from workbench.services import providers
from workbench.services.providers import Mapping, Provider
from workbench.services.resources import Resources


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="package")
async def workbench(resources: Resources) -> AsyncIterator[str]:
    """The address of the API of a team."""
    changed = pytest.MonkeyPatch()
    port = free_port()
    changed.setattr(resources.settings, "mode", "team")
    changed.setattr(resources.settings, "port", port)
    api = HostOriginGate(create_api())
    server = Server(api, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await serving
    changed.undo()


@pytest.fixture(scope="package")
def administrator() -> Principal:
    """Who sets up providers."""
    return somebody("Root")


@pytest.fixture(scope="package")
async def workspace(resources: Resources) -> str:
    """The id of a workspace into which providers bring people."""
    id_ = new_id()
    async with resources.transaction() as session:
        session.add(WorkspaceRow(id=id_, name="Team", created_at=now()))
    return id_


@pytest.fixture(scope="package")
async def group(resources: Resources) -> str:
    """The id of a group into which providers bring people."""
    id_ = new_id()
    async with resources.transaction() as session:
        session.add(GroupRow(id=id_, name=f"Research {id_}", created_at=now()))
    return id_


@pytest.fixture(scope="package")
def keycloak(tmp_path_factory: pytest.TempPathFactory, workbench: str) -> Iterator[Keycloak]:
    """A real Keycloak with the realm that we ship; Ada and Rob have been given passwords."""
    with processes.keycloak(
        tmp_path_factory.mktemp("keycloak"), port=free_port(), workbench=workbench
    ) as found:
        for name in ("ada", "rob"):
            found.set_password(name, f"{name}-of-the-tests")
        yield found


@pytest.fixture(scope="package")
async def realm(keycloak: Keycloak, administrator: Principal, workspace: str, group: str) -> Provider:
    """Keycloak as a provider of the workbench, with a table of mappings."""
    found = await providers.add_provider(
        administrator,
        name="Keycloak",
        issuer=keycloak.issuer,
        client_id="workbench",
        secret=keycloak.secret("workbench"),
    )
    roles = [
        Mapping(source="realm_role", value=role, workspace_id=workspace, role=role)
        for role in ("viewer", "reviewer", "designer", "operator")
    ]
    more = [
        Mapping(source="client_role", value="administrator", administrator=True),
        Mapping(source="group", value="Finance", group_id=group),
    ]
    await providers.set_mappings(administrator, found.id, [*roles, *more])
    return found


@asynccontextmanager
async def set_up(workbench: str, administrator: Principal, workspace: str) -> AsyncIterator[NodeProvider]:
    """The provider from npm, and set up here, with a table of mappings."""
    id_, port = f"other-{uuid4().hex[:8]}", free_port()
    uri = f"{workbench}/api/v1/auth/oidc/{id_}/callback"
    with processes.node_provider(port=port, redirect_uri=uri) as found:
        found.id = id_
        await providers.add_provider(
            administrator, id=id_, name=id_, issuer=found.issuer, client_id="workbench", secret=found.secret
        )
        rule = Mapping(source="group", value="reviewers", workspace_id=workspace, role="reviewer")
        await providers.set_mappings(administrator, id_, [rule])
        yield found


@pytest.fixture(scope="package")
async def running(workbench: str, administrator: Principal, workspace: str) -> AsyncIterator[NodeProvider]:
    """The provider from npm, which all tests share."""
    async with set_up(workbench, administrator, workspace) as found:
        yield found


@pytest.fixture
async def other(running: NodeProvider, administrator: Principal) -> AsyncIterator[NodeProvider]:
    """The provider from npm; its settings are what they were after each test."""
    yield running
    await providers.change_provider(administrator, running.id, changes={"enabled": True, "settings": {}})


@pytest.fixture
async def mortal(workbench: str, administrator: Principal, workspace: str) -> AsyncIterator[NodeProvider]:
    """The provider from npm, for a test that ends it."""
    async with set_up(workbench, administrator, workspace) as found:
        yield found


@pytest.fixture
async def browser(workbench: str) -> AsyncIterator[Browser]:
    """A browser in which nobody signed in."""
    browser = Browser(workbench)
    yield browser
    await browser.http.aclose()
