"""Events on their way to runs: alone where there is no other, together where many come at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from engine import arrivals
from engine.arrivals import Courier
from engine.contracts import Arrival, Arrivals, Event


class Receiver:
    """Takes signals one by one, each when `open`; `failing` is raised by the next one."""

    def __init__(self) -> None:
        self.got: list[tuple[str, list[str]]] = []
        self.open = asyncio.Event()
        self.failing: Exception | None = None

    async def send(self, run_id: str, brought: Arrivals) -> None:
        await self.open.wait()
        failing, self.failing = self.failing, None
        if failing:
            raise failing
        self.got.append((run_id, [arrival.node_id for arrival in brought.arrivals]))


def arrival(node_id: str, data: Any = None) -> Arrival:
    return Arrival(
        node_id=node_id, event=Event(id=node_id, name="e", data=data, received_at=datetime.now(UTC))
    )


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def courier(receiver: Receiver) -> Courier:
    return Courier(receiver.send)


async def test_what_comes_meanwhile_goes_with_the_next_signal(courier: Courier, receiver: Receiver) -> None:
    bringing = [asyncio.create_task(courier.bring("run", [arrival(name)])) for name in "abcd"]
    await asyncio.sleep(0)
    receiver.open.set()
    await asyncio.gather(*bringing)
    assert [name for _, names in receiver.got for name in names] == ["a", "b", "c", "d"]
    assert len(receiver.got) <= 2


async def test_runs_do_not_wait_for_each_other(courier: Courier, receiver: Receiver) -> None:
    receiver.open.set()
    await asyncio.gather(*(courier.bring(run_id, [arrival("a")]) for run_id in ("one", "two")))
    assert sorted(receiver.got) == [("one", ["a"]), ("two", ["a"])]


async def test_too_much_for_one_signal_is_several(
    courier: Courier, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "MOST", 3)
    monkeypatch.setattr(arrivals, "MOST_SIZE", 10)
    receiver.open.set()
    await courier.bring("run", [arrival("large", "x" * 99), *(arrival(name) for name in "abcd")])
    assert [names for _, names in receiver.got] == [["large"], ["a", "b", "c"], ["d"]]


async def test_who_could_not_be_told_is_known(courier: Courier, receiver: Receiver) -> None:
    receiver.open.set()
    receiver.failing = ConnectionError("away")
    with pytest.raises(ConnectionError):
        await courier.bring("run", [arrival("a"), arrival("b")])
    await courier.bring("run", [arrival("c")])
    assert receiver.got == [("run", ["c"])]


async def test_giving_up_waiting_stops_nobody_else(courier: Courier, receiver: Receiver) -> None:
    first, second = (asyncio.create_task(courier.bring("run", [arrival(name)])) for name in "ab")
    await asyncio.sleep(0)
    first.cancel()
    receiver.open.set()
    await second
    assert "b" in [name for _, names in receiver.got for name in names]
    assert first.cancelled()
