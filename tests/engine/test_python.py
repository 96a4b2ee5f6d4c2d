"""Python steps in both places where code is executed: what comes out, and what is said when nothing does."""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from engine.adapters.python import PythonAdapter
from engine.errors import Failure, NodeFailed
from engine.isolation import PythonPolicy, isolation
from engine.isolation._processes import Processes
from engine.ports import AdapterCall
from tests.engine.memory import MemoryBlobs

SYSTEM_PYTHON = "/usr/bin/python3"


class Caller:
    """The adapter, and the place where it has code executed."""

    def __init__(self, adapter: PythonAdapter, policy: PythonPolicy) -> None:
        self.adapter = adapter
        self.policy = policy

    async def run(self, code: str, *, timeout_s: float = 60, key: str = "run:work", **config: Any) -> Any:
        """Execute `code`, which may be indented, and return its output."""
        call = AdapterCall(
            run_id="run",
            node_id="work",
            scope="",
            attempt=1,
            config={"code": dedent(code).lstrip("\n"), **config},
            blobs=MemoryBlobs(),
            idempotency_key=key,
            timeout_s=timeout_s,
        )
        async with asyncio.timeout(timeout_s):
            return (await self.adapter.run(call)).value

    async def fail(self, code: str, **config: Any) -> Failure:
        """Execute `code` that fails; the failure has a hint, and nothing of ours in its detail."""
        with pytest.raises(NodeFailed) as caught:
            await self.run(code, **config)
        failure = caught.value.failure
        assert failure.hint
        assert "runner" not in failure.detail
        return failure


async def calling(policy: PythonPolicy) -> AsyncIterator[Caller]:
    async with isolation(policy) as place:
        yield Caller(PythonAdapter(place), policy)


@pytest.fixture
async def process() -> AsyncIterator[Caller]:
    async for caller in calling(PythonPolicy("process")):
        yield caller


@pytest.fixture(params=["container", "process"])
def policy(request: pytest.FixtureRequest) -> PythonPolicy:
    if request.param == "process":
        return PythonPolicy("process")
    policy: PythonPolicy = request.getfixturevalue("containers")
    return policy


@pytest.fixture
async def caller(policy: PythonPolicy) -> AsyncIterator[Caller]:
    async for caller in calling(policy):
        yield caller


async def test_output_is_what_main_returns_for_its_inputs(caller: Caller) -> None:
    code = """
        def main(orders, rate=2):
            print("adding")
            return {"total": sum(orders) * rate, "ä": None}
    """
    assert await caller.run(code, inputs={"orders": [1, 2.5]}) == {"total": 7, "ä": None}


async def test_code_may_have_more_than_main(caller: Caller) -> None:
    code = """
        import dataclasses, statistics

        @dataclasses.dataclass
        class Order:
            price: float

        def main(prices):
            orders = [Order(price) for price in prices]
            return statistics.mean(order.price for order in orders)
    """
    assert await caller.run(code, inputs={"prices": [1, 3]}) == 2


async def test_a_large_input_and_a_large_output_get_through(caller: Caller) -> None:
    text = "ß" * 4_000_000
    assert await caller.run("def main(text):\n    return text", inputs={"text": text}) == text


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("return", "python.nothing", "returned None"),
        ("return {'x': [1, {2}]}", "python.unfit", "output['x'][1] is of type set"),
        ("return {(1, 2): 3}", "python.unfit", "a key of output is of type tuple"),
        ("return [float('nan')]", "python.unfit", "output[0] is nan"),
        ("return '\\ud800'", "python.unfit", "surrogates"),
        ("x = []\n    x.append(x)\n    return x", "python.unfit", "Circular reference"),
        ("return 'x' * 100_000_000", "python.too-large", "more than 16 MiB"),
        ("return (", "python.syntax", "never closed (line 2)"),
        ("raise ValueError('odd')", "python.exception", "ValueError: odd (line 2)"),
        ("import sys\n    sys.exit(3)", "python.exit", "SystemExit: 3 (line 3)"),
        ("import os\n    os._exit(3)", "python.died", "exit code 3"),
        ("import ctypes\n    ctypes.string_at(0)", "python.died", "SIGSEGV"),
        ("import os\n    return os.environ['HOME']", "python.environment", "KeyError: 'HOME'"),
        ("return open('/nowhere/it').read()", "python.files", "No such file"),
        ("import nothing_of_the_kind", "python.module", "No module named"),
        ("x = []\n    while True:\n        x.append(bytearray(10**7))", "python.memory", "its 256 MB"),
    ],
)
async def test_what_goes_wrong_has_a_name(caller: Caller, code: str, kind: str, said: str) -> None:
    failure = await caller.fail(f"def main():\n    {code}", memory_mb=256 if "memory" in kind else 1024)
    assert (failure.kind, said in failure.message) == (kind, True), failure


async def test_code_without_main(caller: Caller) -> None:
    assert (await caller.fail("x = 1")).kind == "python.no-main"


async def test_output_that_does_not_match_its_schema(caller: Caller) -> None:
    schema = {"type": "array", "items": {"type": "number"}}
    failure = await caller.fail("def main():\n    return [1, 'two']", output_schema=schema)
    assert failure.kind == "python.output-mismatch"
    assert "at output[1]: 'two' is not of type 'number'" in failure.message


async def test_an_exception_shows_the_persons_lines_and_what_was_printed(caller: Caller) -> None:
    code = """
        import json
        def parsed(text):
            return json.loads(text)
        def main():
            print("before")
            return parsed("{")
    """
    failure = await caller.fail(code)
    assert failure.message.startswith("json.decoder.JSONDecodeError")
    assert "line 6, in main" in failure.detail
    assert "line 3, in parsed" in failure.detail
    assert "decoder.py" not in failure.detail
    assert failure.detail.endswith("Printed:\nbefore")


async def test_only_the_end_of_what_was_printed_is_kept(caller: Caller) -> None:
    failure = await caller.fail("def main():\n    for n in range(50_000): print(n)\n    return 1 / 0")
    assert failure.detail.endswith("49999")
    assert len(failure.detail) < 10_000


async def test_an_endless_loop_is_stopped_where_it_is(caller: Caller) -> None:
    code = """
        def main():
            print("on and on")
            while True:
                pass
    """
    failure = await caller.fail(code, timeout_s=4)
    assert (failure.kind, "step's 4 seconds" in failure.message) == ("timeout", True)
    assert "in main" in failure.detail
    assert failure.detail.endswith("on and on")


async def test_code_that_will_not_be_interrupted_is_ended_too(caller: Caller) -> None:
    code = """
        import signal
        def main():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True:
                pass
    """
    assert (await caller.fail(code, timeout_s=4)).kind == "timeout"


async def test_what_the_code_says_in_the_runners_place_is_checked(caller: Caller) -> None:
    forged = json.dumps({"end": "returned", "printed": "x" * 100_000})
    code = f"""
        import os
        def main():
            with open(f"/proc/{{os.getppid()}}/fd/1", "w") as stdout:
                stdout.write({forged!r} + "\\n1")
            os.kill(os.getppid(), 9)
            return 1
    """
    assert (await caller.fail(code)).kind == "python.died"


async def test_the_environment_is_empty(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SECRET_TOKEN", "hunter2")
    code = """
        import os, pathlib
        def main():
            own = pathlib.Path("/proc/self/environ").read_text()
            return [dict(os.environ), "hunter2" in own]
    """
    assert await caller.run(code) == [{}, False]


async def test_several_run_side_by_side(caller: Caller) -> None:
    code = "import time\ndef main(n):\n    time.sleep(0.2)\n    return n"
    runs = (caller.run(code, inputs={"n": n}, key=f"run:each/{n}/work") for n in range(8))
    assert await asyncio.gather(*runs) == list(range(8))


async def test_switched_off_it_says_so() -> None:
    async for caller in calling(PythonPolicy("off")):
        assert (await caller.fail("def main():\n    return 1")).kind == "python.off"


async def test_each_process_has_a_directory_of_its_own_that_is_removed(process: Caller) -> None:
    code = """
        import os
        def main():
            open("x", "w").write("y")
            return [os.getcwd(), os.listdir(".")]
    """
    (first, listed), (second, _) = await process.run(code), await process.run(code)
    assert (listed, first != second) == (["x"], True)
    assert not {Path(first).name, Path(second).name} & set(os.listdir(tempfile.gettempdir()))


async def test_a_process_leaves_no_process_behind(process: Caller) -> None:
    code = """
        import os, time
        def main():
            child = os.fork()
            if child == 0:
                time.sleep(60)
            return child
    """
    await gone(await process.run(code))


async def test_a_cancelled_process_ends(process: Caller, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"""
        import os, time
        def main():
            open({str(mark)!r}, "w").write(str(os.getpid()))
            time.sleep(60)
            return 1
    """
    work = asyncio.create_task(process.run(code))
    async with asyncio.timeout(20):
        while not (mark.exists() and mark.read_text()):
            await asyncio.sleep(0.02)
    work.cancel()
    await asyncio.wait([work])
    await gone(int(mark.read_text()))


async def test_a_process_writes_no_endless_file(process: Caller) -> None:
    code = """
        def main():
            with open("x", "wb") as file:
                while True:
                    file.write(bytes(10**6))
            return 1
    """
    assert "File too large" in (await process.fail(code)).message


async def gone(pid: int) -> None:
    """Wait until a process that was killed has ended, which takes the system a moment."""
    async with asyncio.timeout(10):
        while runs(pid):
            await asyncio.sleep(0.02)


def runs(pid: int) -> bool:
    """Return whether a process has not ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.skipif(os.geteuid() != 0 or not Path(SYSTEM_PYTHON).exists(), reason="needs root and a Python")
async def test_an_ordinary_users_process_cannot_fork_without_end(tmp_path: Path) -> None:
    """Linux limits no process of root; so the code is given to another user's Python."""
    python = tmp_path / "python"
    user = "--reuid=61234 --regid=61234 --clear-groups"
    python.write_text(f'#!/bin/sh\nexec setpriv {user} {SYSTEM_PYTHON} "$@"\n')
    python.chmod(0o755)
    async with Processes(str(python)) as place:
        caller = Caller(PythonAdapter(place), PythonPolicy("process"))
        failure = await caller.fail(
            "import os\ndef main():\n    while True:\n        os.fork()\n    return 1"
        )
    assert failure.kind == "python.processes"
    for one in psutil.process_iter():
        if 61234 in one.uids():
            await gone(one.pid)
