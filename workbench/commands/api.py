"""The workbench's HTTP API as the command line uses it: over the network, or in this very process."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from engine.errors import Problem
from workbench.commands.other import url_of_other
from workbench.commands.terminal import Progress
from workbench.embedded import ports, stack
from workbench.embedded.errors import AlreadyRunning
from workbench.embedded.supervisor import Supervisor
from workbench.errors import Unavailable, WorkbenchError
from workbench.settings import Settings

TIMEOUT_S = 30.0
_RETRY_S = 60.0
_PAUSE_S = 0.3
_NO_KEY = (
    "This workbench has a team: put an API key, made under Settings, Profile, into the environment as "
    "WORKBENCH_API_KEY."
)
_WHICH = "Say in which workspace, by its id: with --workspace, or in the environment as WORKBENCH_WORKSPACE."
_WRONG_KEY = "The API key in WORKBENCH_API_KEY is not known, has expired or was revoked. Make a new one."


class Refused(WorkbenchError):
    """The API answered with an error; `problems` name what a person can mend."""

    def __init__(self, status: int, message: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(message)
        self.answered = status
        self.problems = problems


class Api:
    """A few calls of /api/v1. Errors become `Refused`; a workbench that restarts is waited for."""

    def __init__(self, client: httpx.AsyncClient, *, pages: bool = True) -> None:
        self._client = client
        self._pages = pages

    def page(self, path: str) -> str | None:
        """Return the address of a page; None where there is only the API, in this process."""
        origin = str(self._client.base_url).removesuffix("/").removesuffix("/api/v1")
        return f"{origin}{path}" if self._pages else None

    async def get(self, path: str) -> Any:
        """Return the answer to a GET, which is repeated while nobody answers. Raises Refused, Unavailable."""
        deadline = time.monotonic() + _RETRY_S
        while True:
            try:
                answer = await self._client.get(path)
                if answer.status_code != 503 or time.monotonic() > deadline:
                    return _content(answer)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"The workbench does not answer: {error}") from error
            await asyncio.sleep(_PAUSE_S)

    async def send(self, method: str, path: str, body: Any = None, *, timeout_s: float = TIMEOUT_S) -> Any:
        """Return the answer to a request that changes something. Raises Refused, Unavailable."""
        try:
            return _content(await self._client.request(method, path, json=body, timeout=timeout_s))
        except httpx.TransportError as error:
            raise Unavailable(f"The workbench does not answer: {error}") from error


def _content(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    if answer.status_code == 401:
        raise Refused(401, _NO_KEY if "authorization" not in answer.request.headers else _WRONG_KEY, ())
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    message = problem.get("detail") or problem.get("title") or f"HTTP status {answer.status_code}"
    problems = tuple(Problem.model_validate(entry) for entry in problem.get("problems", ()))
    if [one.code for one in problems] == ["which-workspace"]:
        raise Refused(answer.status_code, f"{problems[0].message} {_WHICH}", ())
    raise Refused(answer.status_code, message, problems)


@asynccontextmanager
async def connected(
    supervisor: Supervisor, settings: Settings, progress: Progress, *, web: bool = False
) -> AsyncIterator[Api]:
    """Give the API of the workbench that runs in the data directory, or one of our own for the meantime.

    With `web` our own has pages, too, where nothing else listens on their port.
    """
    async with AsyncExitStack() as exits:
        url = await _other_or_lock(supervisor, exits)
        web = web and ports.is_free(settings.host, settings.port)
        client = _remote(url, settings) if url else await _own(supervisor, settings, progress, exits, web=web)
        yield Api(await exits.enter_async_context(client), pages=web or url is not None)


async def _other_or_lock(supervisor: Supervisor, exits: AsyncExitStack) -> str | None:
    """Return the URL of the workbench that runs in the data directory, or hold the directory ourselves."""
    while True:
        if url := await url_of_other(supervisor.home):
            return url
        try:
            await exits.enter_async_context(supervisor)
        except AlreadyRunning:
            await asyncio.sleep(_PAUSE_S)
        else:
            return None


def _remote(url: str, settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{url}/api/v1", timeout=TIMEOUT_S, trust_env=False, headers=_headers(settings)
    )


def _headers(settings: Settings) -> dict[str, str]:
    """Return what proves who the person at the command line is, where that is asked, and where they act."""
    key = settings.api_key
    proof = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    return proof | ({"Workbench-Workspace": settings.workspace} if settings.workspace else {})


async def _own(
    supervisor: Supervisor, settings: Settings, progress: Progress, exits: AsyncExitStack, *, web: bool
) -> httpx.AsyncClient:
    """Start services and a worker, and return a client whose requests are answered in this process."""
    with progress:
        complete = await stack.up(supervisor, settings, report=progress, web=web)
    progress.settle()
    from workbench.api.app import create_api
    from workbench.services import resources

    resources.configure(complete)
    exits.push_async_callback(resources.close)
    transport = httpx.ASGITransport(app=create_api(), raise_app_exceptions=False)
    return httpx.AsyncClient(
        base_url=f"{complete.url}/api/v1", transport=transport, timeout=TIMEOUT_S, headers=_headers(settings)
    )
