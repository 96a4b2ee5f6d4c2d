"""Which pass a container shows: the wished one, else the latest, else the first that failed."""

from typing import Any

import pytest

from engine.contracts import NodeRecord, NodeStatus, RecordBatch, Tally
from engine.errors import Failure
from engine.graph import Document, Node
from tests.workbench.services.conftest import MakeRun, make_run
from workbench.auth.principal import Principal
from workbench.services import passes as service
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import NodeRun
from workbench.state.passes import (
    LATEST,
    PassBook,
    PassView,
    place_in_words,
    read,
    tally_in_words,
    wish,
)

__all__ = ["make_run"]

DOCUMENT = Document(
    name="Nested",
    nodes=[
        Node(id="each", type="map"),
        Node(id="fetch", type="transform", parent="each"),
        Node(id="again", type="loop", parent="each"),
        Node(id="ask", type="transform", parent="again"),
    ],
)


def container(
    name: str = "each", status: NodeStatus = "running", scope: str = "", **tally: int
) -> NodeRecord:
    return NodeRecord(node_id=name, scope=scope, status=status, tally=Tally(**tally))


def leaf(place: str, status: NodeStatus = "succeeded", **more: Any) -> NodeRecord:
    scope, _, name = place.rpartition("/")
    return NodeRecord(node_id=name, scope=scope, status=status, **more)


class Reader:
    """A run of DOCUMENT, and the book that a page has of it."""

    def __init__(self, sink: PostgresRunSink, principal: Principal, run_id: str) -> None:
        self.sink, self.principal, self.run_id = sink, principal, run_id
        self.book = PassBook.of(DOCUMENT)

    async def record(self, *records: NodeRecord) -> None:
        await self.sink.record(RecordBatch(run_id=self.run_id, nodes=records))

    async def read(self) -> dict[str, NodeRun]:
        outside = await service.list_nodes(self.principal, self.run_id)
        self.book, found = await read(self.principal, self.run_id, self.book, outside)
        return found

    async def press(self, name: str, which: str) -> None:
        node = self.book.containers[name]
        index = await wish(self.principal, self.run_id, self.book, node, which)
        self.book = self.book.choose(name, index)
        await self.read()


@pytest.fixture
async def reader(resources: Resources, principal: Principal, make_run: MakeRun) -> Reader:
    run = await make_run(document=DOCUMENT)
    return Reader(PostgresRunSink(resources), principal, run.id)


def pass_of(index: int, status: NodeStatus = "succeeded") -> tuple[NodeRecord, ...]:
    """Return the records of a pass of `each`, in which `again` made three."""
    error = Failure(kind="refused", message="No.", node="fetch") if status == "failed" else None
    asked = [leaf(f"each/{index}/again/{inner}/ask") for inner in range(3)]
    again = container("again", "succeeded", f"each/{index}", done=3)
    return (leaf(f"each/{index}/fetch", status, error=error), again, *asked)


async def test_while_it_runs_the_latest_pass_is_followed(reader: Reader) -> None:
    await reader.record(container(done=2, total=5), *pass_of(0), *pass_of(1), leaf("each/2/fetch", "running"))
    found = await reader.read()
    assert reader.book.view("each") == PassView(index=2, known=5, total=5, follow=True)
    assert (found["fetch"].scope, reader.book.scopes) == ("each/2", frozenset({"each/2"}))


async def test_a_container_inside_shows_a_pass_of_the_pass_that_is_shown(reader: Reader) -> None:
    await reader.record(container(status="succeeded", done=2, total=2), *pass_of(0), *pass_of(1))
    found = await reader.read()
    assert reader.book.scopes == {"each/1", "each/1/again/2"}
    assert found["ask"].scope == "each/1/again/2"


async def test_when_it_has_ended_the_first_failed_pass_is_shown(reader: Reader) -> None:
    ended = container(status="succeeded", done=3, failed=1, total=3)
    await reader.record(ended, *pass_of(0), *pass_of(1, "failed"), *pass_of(2))
    await reader.read()
    assert reader.book.shown["each"] == 1


async def test_one_goes_from_failed_pass_to_failed_pass_and_begins_again(reader: Reader) -> None:
    ended = container(status="succeeded", done=4, failed=2, total=4)
    failed = (*pass_of(1, "failed"), *pass_of(3, "failed"))
    await reader.record(ended, *pass_of(0), *pass_of(2), *failed)
    await reader.read()
    seen = []
    for which in ("failed", "failed", "previous", "latest", "0", "next"):
        await reader.press("each", which)
        seen.append(reader.book.shown["each"])
    assert seen == [3, 1, 0, 3, 0, 1]


async def test_another_pass_outside_forgets_the_wishes_inside(reader: Reader) -> None:
    await reader.record(container(status="succeeded", done=2, total=2), *pass_of(0), *pass_of(1))
    await reader.read()
    await reader.press("again", "0")
    assert reader.book.scopes == {"each/1", "each/1/again/0"}
    await reader.press("each", "previous")
    assert reader.book.scopes == {"each/0", "each/0/again/2"}


async def test_a_container_without_items_shows_no_pass(reader: Reader) -> None:
    await reader.record(container(status="succeeded", done=0, total=0))
    assert await reader.read() == {}
    assert reader.book.view("each") == PassView()


async def test_a_wish_beyond_the_last_pass_shows_the_last(reader: Reader) -> None:
    await reader.record(container(status="succeeded", done=2, total=2), *pass_of(0), *pass_of(1))
    await reader.read()
    await reader.press("each", "99")
    assert reader.book.shown["each"] == 1


def test_the_wishes_travel_in_the_address() -> None:
    book = PassBook.of(DOCUMENT, "each/3,again/latest,nobody/1,each/x")
    assert book.chosen == {"each": 3, "again": LATEST}
    assert PassBook.of(DOCUMENT, book.address()).chosen == book.chosen


def test_a_place_and_a_tally_in_words() -> None:
    assert place_in_words("each/3/pages/0") == "each 4 › pages 1"
    assert place_in_words("") == ""
    common: dict[str, Any] = {"node_id": "each", "status": "running", "attempt": 1, "started_at": None}
    common |= {"finished_at": None, "duration_ms": None, "port": None, "media_type": "application/json"}
    common |= {"preview": "", "output_bytes": 0, "error": None}
    words = [
        tally_in_words(NodeRun(**common, tally=tally))
        for tally in (Tally(done=37, failed=2, total=200), Tally(done=1), Tally(done=3), None)
    ]
    assert words == ["37 of 200 · 2 failed", "1 pass", "3 passes", ""]
