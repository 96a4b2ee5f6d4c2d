"""The passes of a container, as the rows of their nodes tell them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.contracts import NodeRecord, RecordBatch, RunRecord, Tally
from engine.errors import Failure
from engine.graph import Document, Node, Policy
from tests.people import somebody
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.errors import Invalid, NotFound
from workbench.services import passes
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import Pass, PassStatus

T0 = datetime(2030, 1, 1, tzinfo=UTC)
FAILURE = Failure(kind="http-status", message="404", node="fetch")

DOCUMENT = Document(
    name="Mapped",
    nodes=[
        Node(id="each", type="transform"),
        Node(id="fetch", type="http", parent="each"),
        Node(id="tried", type="http", parent="each", policy=Policy(on_error="continue")),
        Node(id="words", type="note", parent="each"),
        Node(id="pages", type="transform", parent="each"),
        Node(id="page", type="http", parent="pages"),
    ],
)


def record(place: str, status: Any = "succeeded", second: int = 1, **more: Any) -> NodeRecord:
    scope, _, node_id = place.rpartition("/")
    ended = None if status in ("running", "waiting") else T0 + timedelta(seconds=second + 1)
    started = T0 + timedelta(seconds=second)
    return NodeRecord(
        node_id=node_id, scope=scope, status=status, started_at=started, finished_at=ended, **more
    )


def whole(scope: str) -> tuple[NodeRecord, ...]:
    """Return the records of a pass that went well."""
    return tuple(record(f"{scope}/{name}") for name in ("fetch", "tried", "pages"))


class Mapped:
    """A run of DOCUMENT."""

    def __init__(self, sink: PostgresRunSink, principal: Principal, run_id: str) -> None:
        self._sink = sink
        self._principal = principal
        self.run_id = run_id

    async def record(self, *records: NodeRecord, run: RunRecord | None = None) -> None:
        await self._sink.record(RecordBatch(run_id=self.run_id, nodes=records, run=run))

    async def list(self, container: str = "each", **narrowed: Any) -> tuple[Pass, ...]:
        return (await passes.list_passes(self._principal, self.run_id, container, **narrowed)).items

    async def statuses(self) -> dict[int, PassStatus]:
        return {found.index: found.status for found in await self.list()}


@pytest.fixture
async def mapped(resources: Resources, principal: Principal, make_run: MakeRun) -> Mapped:
    run = await make_run(document=DOCUMENT)
    return Mapped(PostgresRunSink(resources), principal, run.id)


async def test_how_a_pass_ended_has_nothing_to_do_with_undoing_it(
    resources: Resources, principal: Principal, make_run: MakeRun
) -> None:
    booked = Node(id="book", type="http", parent="each", policy=Policy(compensate="cancel"))
    inside = [
        booked,
        Node(id="pay", type="http", parent="each"),
        Node(id="cancel", type="http", parent="each"),
    ]
    document = Document(name="Trips", nodes=[Node(id="each", type="map"), *inside])
    run = await make_run(document=document)
    mapped = Mapped(PostgresRunSink(resources), principal, run.id)
    done = [record("each/0/book"), record("each/0/pay", output="paid"), record("each/1/book")]
    ended = RunRecord(status="failed", at=T0 + timedelta(seconds=9), error=FAILURE)
    undone = [record("each/0/cancel", second=5), record("each/1/cancel", "failed", second=5, error=FAILURE)]
    await mapped.record(record("each", "failed", second=3), *done, *undone, run=ended)
    assert await mapped.statuses() == {0: "succeeded", 1: "cancelled"}
    assert "paid" in str((await mapped.list())[0])


async def test_a_pass_is_what_its_nodes_are(mapped: Mapped) -> None:
    await mapped.record(
        record("each", "running"),
        *whole("each/0"),
        record("each/1/fetch", "failed", error=FAILURE),
        record("each/1/tried", "cancelled"),
        record("each/2/fetch", "running"),
        record("each/3/fetch"),
        record("each/4/pages", "waiting"),
    )
    assert await mapped.statuses() == {0: "succeeded", 1: "failed", 2: "running", 3: "running", 4: "waiting"}


async def test_a_pass_has_its_times_its_scope_and_its_error(mapped: Mapped) -> None:
    await mapped.record(record("each/7/tried"), record("each/7/fetch", "failed", 3, error=FAILURE))
    [found] = await mapped.list()
    assert (found.index, found.scope, found.duration_ms, found.error) == (7, "each/7", 3_000, FAILURE)


async def test_a_node_that_may_fail_does_not_fail_its_pass(mapped: Mapped) -> None:
    tried = record("each/0/tried", "failed", error=FAILURE)
    await mapped.record(record("each/0/fetch"), tried, record("each/0/pages"))
    assert await mapped.statuses() == {0: "succeeded"}


async def test_passes_that_a_container_left_behind_are_cancelled(mapped: Mapped) -> None:
    cut = record("each/1/pages", "cancelled", 8)
    await mapped.record(
        *whole("each/0"),
        *[record(f"each/1/{name}") for name in ("fetch", "tried")],
        cut,
        record("each/2/fetch"),
        record("each", "cancelled", 8),
    )
    assert await mapped.statuses() == {0: "succeeded", 1: "cancelled", 2: "cancelled"}


async def test_a_cancelled_branch_does_not_cancel_its_pass(mapped: Mapped) -> None:
    moot = record("each/0/tried", "cancelled")
    await mapped.record(
        record("each/0/fetch"), moot, record("each/0/pages", second=2), record("each", second=9)
    )
    assert await mapped.statuses() == {0: "succeeded"}


async def test_passes_of_a_nested_container_are_listed_by_its_scope(mapped: Mapped) -> None:
    await mapped.record(*(record(f"each/{n}/pages/{p}/page") for n in range(2) for p in range(3)))
    found = await mapped.list("pages", scope="each/1")
    assert [one.scope for one in found] == [f"each/1/pages/{page}" for page in range(3)]
    assert await mapped.list() == ()


async def test_passes_come_by_their_number_page_by_page(mapped: Mapped, principal: Principal) -> None:
    await mapped.record(*(one for number in range(25) for one in whole(f"each/{number}")))
    seen: list[int] = []
    cursor = None
    while True:
        page = await passes.list_passes(principal, mapped.run_id, "each", limit=10, cursor=cursor)
        seen += [one.index for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(range(25))
    with pytest.raises(Invalid):
        await mapped.list(cursor="nonsense")


async def test_passes_are_narrowed_to_a_status(mapped: Mapped) -> None:
    failed = [record(f"each/{n}/fetch", "failed", error=FAILURE) for n in (3, 11)]
    await mapped.record(*(one for number in range(3) for one in whole(f"each/{number}")), *failed)
    assert [one.index for one in await mapped.list(status="failed")] == [3, 11]


async def test_a_pass_that_failed_only_in_its_result_has_failed(mapped: Mapped) -> None:
    error = Failure(kind="expression", message="no such name \0", node="each", place="each/1/each")
    output = {"results": [1, None], "failures": [{"index": 1, "item": 2, "error": error.model_dump()}]}
    over = record("each", second=9, output=output, tally=Tally(done=2, failed=1, total=2))
    await mapped.record(*whole("each/0"), *whole("each/1"), over)
    assert await mapped.statuses() == {0: "succeeded", 1: "failed"}
    assert [one.error for one in await mapped.list(status="failed")] == [error]


async def test_a_container_that_failed_by_the_result_of_a_pass_says_by_which(mapped: Mapped) -> None:
    error = Failure(kind="expression", message="In pass 2 of each: 1 // 0", node="each", place="each/1/each")
    await mapped.record(*whole("each/0"), *whole("each/1"), record("each", "failed", 9, error=error))
    assert await mapped.statuses() == {0: "succeeded", 1: "failed"}


async def test_there_are_no_passes_of_what_is_no_container(mapped: Mapped) -> None:
    for name in ("fetch", "nobody", "\x00"):
        with pytest.raises(NotFound):
            await mapped.list(name)


async def test_a_stranger_sees_no_passes(mapped: Mapped) -> None:
    eve = somebody("Eve")
    with pytest.raises(NotFound):
        await passes.list_passes(eve, mapped.run_id, "each")
    with pytest.raises(NotFound):
        await passes.list_nodes(eve, mapped.run_id, scope="each/0")


async def test_a_pass_says_what_it_was_given_and_what_came_of_it(
    resources: Resources, principal: Principal, make_run: MakeRun
) -> None:
    document = Document(
        name="Lines",
        nodes=[
            Node(id="fetch", type="http", config={"url": "https://example.org"}),
            Node(id="each", type="map", config={"items": "{{ nodes.fetch.output.orders }}"}),
            Node(id="ask", type="http", parent="each", config={"url": "https://example.org"}),
        ],
    )
    run = await make_run(document=document)
    mapped = Mapped(PostgresRunSink(resources), principal, run.id)
    await mapped.record(
        record("fetch", output={"orders": [{"id": 7}, "two\nlines"]}),
        record("each", "running"),
        record("each/0/ask", output={"total": 3}),
        record("each/1/ask", "failed", error=FAILURE),
    )
    lines = [(found.item, found.result) for found in await mapped.list()]
    assert lines == [('{"id": 7}', '{ "total": 3 }'), ("two", "")]
