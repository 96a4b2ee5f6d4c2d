"""Who is told what: each tab what it watches, the newest of each node and run, never twice at once."""

import asyncio
from datetime import UTC, datetime

from engine.contracts import NodeRecord, RecordBatch
from tests.workbench.services.conftest import MakeRun, make_run
from workbench.auth.principal import Principal
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import RunEvent, RunSummary
from workbench.state.base import AppState
from workbench.state.push import MOST_GONE, Tab, Tabs

__all__ = ["make_run"]


def event(run_id: str, number: int = 0) -> RunEvent:
    summary = RunSummary(
        id=run_id,
        workflow_id=None,
        workflow_name=f"state {number}",
        version=None,
        version_hash="",
        status="running",
        created_at=datetime.now(UTC),
        started_at=None,
        finished_at=None,
        started_by="ada",
        error=None,
    )
    return RunEvent(id=str(number), run_id=run_id, run=summary)


class Told:
    """Records which tabs were told; a tab stays busy until `done` is set."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.done = asyncio.Event()

    def __call__(self, token: str, tab: Tab) -> asyncio.Task[None]:
        self.tokens.append(token)
        return asyncio.create_task(self._busy())

    async def _busy(self) -> None:
        await self.done.wait()


async def test_a_tab_hears_of_its_run_and_a_list_of_all() -> None:
    told = Told()
    tabs = Tabs(told)
    tabs.watch("one", AppState, run_id="a")
    tabs.watch("list", AppState)
    tabs.offer(event("b"))
    assert told.tokens == ["list"]
    tabs.offer(event("a"))
    assert told.tokens == ["list", "one"]


async def test_while_a_tab_is_busy_the_newest_of_each_run_waits() -> None:
    told = Told()
    tabs = Tabs(told)
    tabs.watch("list", AppState)
    for number in range(3):
        tabs.offer(event("a", number))
    tabs.offer(event("b", 9))
    tab = tabs._by_token["list"]
    assert told.tokens == ["list"]
    assert [waiting.id for waiting in tab.pending.values()] == ["2", "9"]


async def test_a_tab_watches_the_page_it_shows_now() -> None:
    told = Told()
    tabs = Tabs(told)
    tabs.watch("tab", AppState, run_id="a")
    tabs.watch("tab", AppState, run_id="b")
    tabs.offer(event("a"))
    assert told.tokens == []


async def test_a_forgotten_tab_hears_nothing() -> None:
    told = Told()
    tabs = Tabs(told)
    tabs.watch("tab", AppState)
    tabs.forget("tab")
    tabs.offer(event("a"))
    assert told.tokens == []


async def test_tabs_that_have_gone_do_not_pile_up() -> None:
    told = Told()
    tabs = Tabs(told)
    for number in range(MOST_GONE + 1):
        tabs.watch(f"gone {number}", AppState, run_id="ended")
    tabs.watch("here", AppState)
    tabs.sweep({"here"})
    tabs.offer(event("ended"))
    assert told.tokens == ["here"]


async def test_a_tab_hears_of_the_passes_that_it_looks_at_and_of_no_others(
    resources: Resources, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    told = Told()
    tabs = Tabs(told)
    tabs.watch("tab", AppState, run_id=run.id)
    tabs.look("tab", principal, {"each/1"})
    records = [NodeRecord(node_id="step", scope=f"each/{index}", status="running") for index in range(3)]
    await PostgresRunSink(resources).record(RecordBatch(run_id=run.id, nodes=tuple(records)))
    while not told.tokens:
        await asyncio.sleep(0.01)
    assert [place for _, place in tabs._by_token["tab"].pending] == ["each/1/step"]
    tabs.forget("tab")


async def test_a_tab_that_turns_to_another_pass_leaves_the_one_before(
    resources: Resources, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    tabs = Tabs(Told())
    tabs.watch("tab", AppState, run_id=run.id)
    tabs.look("tab", principal, {"each/1"})
    left = tabs._by_token["tab"].looking["each/1"]
    tabs.look("tab", principal, {"each/2"})
    await asyncio.wait({left})
    assert (left.cancelled(), list(tabs._by_token["tab"].looking)) == (True, ["each/2"])
    tabs.forget("tab")
