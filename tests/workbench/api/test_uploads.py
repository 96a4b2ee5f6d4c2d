"""Files that are dropped on a page: whose tab it is, how large they are, and no traces."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.workbench.accounts import Installation
from tests.workbench.api.conftest import BASE
from workbench.api.bodies import MAX_BYTES
from workbench.api.uploads import UploadGate
from workbench.services import sessions
from workbench.services.resources import Resources

TOKEN = "9b2e1c1e-8a7d-4c59-9a53-0f2f3a1f9f10"
FILE = {"files": ("hello.json", b"{}")}


async def upload(request: Request) -> Response:
    """Take a file as Reflex does: what is no file is a fault of its own."""
    (file,) = (await request.form()).getlist("files")
    if isinstance(file, str):
        raise ValueError("Uploaded file is not an UploadFile.")
    return PlainTextResponse(f"{len(await file.read())} bytes")


class Tabs:
    """The sessions with which tabs were opened, and a client that drops files on them."""

    def __init__(self) -> None:
        self.opened: dict[str, str] = {}
        gate = UploadGate(
            Starlette(routes=[Route("/_upload", upload, methods=["POST"])]),
            takes=lambda handler: handler == "state.import_file",
            cookie=self._cookie,
        )
        transport = httpx.ASGITransport(gate, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(
            transport=transport,
            base_url=BASE,
            headers={"Reflex-Client-Token": TOKEN, "Reflex-Event-Handler": "state.import_file"},
        )

    async def _cookie(self, token: str) -> str | None:
        return self.opened.get(token)


@pytest.fixture
async def tabs(resources: Resources) -> AsyncIterator[Tabs]:
    tabs = Tabs()
    async with tabs.client:
        yield tabs


async def test_the_owner_of_the_data_directory_drops_a_file(tabs: Tabs) -> None:
    assert (await tabs.client.post("/_upload", files=FILE)).text == "2 bytes"


@pytest.mark.usefixtures("team")
async def test_in_a_team_a_file_needs_the_session_of_its_tab(tabs: Tabs, installation: Installation) -> None:
    name = sessions.cookie_name()
    own, theirs = [await sessions.begin(await installation.person()) for _ in range(2)]
    tabs.opened[TOKEN] = own
    assert (await tabs.client.post("/_upload", files=FILE)).status_code == 401
    foreign = await tabs.client.post("/_upload", files=FILE, headers={"Cookie": f"{name}={theirs}"})
    assert foreign.status_code == 403
    taken = await tabs.client.post("/_upload", files=FILE, headers={"Cookie": f"{name}={own}"})
    assert taken.text == "2 bytes"


@pytest.mark.parametrize(
    "headers",
    [
        {"Reflex-Client-Token": ""},
        {"Reflex-Client-Token": "../../etc"},
        {"Reflex-Event-Handler": ""},
        {"Reflex-Event-Handler": "state.load"},
        {"Reflex-Event-Handler": "ü"},
    ],
)
async def test_a_wrong_header_is_refused_in_words(tabs: Tabs, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await tabs.client.post("/_upload", files=FILE, headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


async def test_what_is_no_file_is_refused_without_a_trace(tabs: Tabs) -> None:
    for given in ({"data": {"files": "x"}, "files": {"other": b""}}, {"files": {"other": b""}}):
        answer = await tabs.client.post("/_upload", **given)
        assert (answer.status_code, "Traceback" in answer.text) == (400, False)
    form = await tabs.client.post("/_upload", data={"files": "x"})
    assert form.status_code == 415
    broken = {"Content-Type": "multipart/form-data"}
    assert (await tabs.client.post("/_upload", content=b"x", headers=broken)).status_code == 400


async def test_a_large_file_is_refused_whatever_length_it_says(tabs: Tabs) -> None:
    large = {"files": ("large.json", b"x" * (MAX_BYTES + 1))}
    assert (await tabs.client.post("/_upload", files=large)).status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(20):
            yield b"x" * (MAX_BYTES // 10)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await tabs.client.post("/_upload", content=endless(), headers=kind)).status_code == 413


@pytest.mark.parametrize("path", ["/_upload", "/_upload/", "/_upload/../secret", "/_upload/file.txt"])
async def test_nothing_is_fetched_from_there(tabs: Tabs, path: str) -> None:
    assert (await tabs.client.get(path)).status_code == 404
