"""Python steps in containers: what the code cannot do there, and that no container is left behind."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from engine.compiler import compile
from engine.contracts import Plan
from engine.errors import Interrupted, NodeFailed
from engine.graph import Document
from engine.isolation import Job, PythonPolicy, isolation, readiness
from engine.isolation._containers import KEY, UNTIL, _options
from tests.engine.conftest import Rig
from tests.engine.docker import IMAGE
from tests.engine.documents import node, raw
from tests.engine.test_python import Caller, calling

ASLEEP = "import time\ndef main():\n    time.sleep(600)\n    return 1"


@pytest.fixture
async def caller(containers: PythonPolicy) -> AsyncIterator[Caller]:
    async for caller in calling(containers):
        yield caller


@pytest.fixture
def daemon(containers: PythonPolicy) -> Iterator[docker.DockerClient]:
    """A client of the daemon; the test leaves no container there."""
    client = docker.DockerClient(base_url=containers.docker_host)
    yield client
    assert found(client) == []
    client.close()


def found(client: docker.DockerClient) -> list[Container]:
    return client.containers.list(all=True, filters={"label": KEY}, ignore_removed=True)


async def started(client: docker.DockerClient) -> Container:
    """Return the container of a job, once it runs."""
    async with asyncio.timeout(30):
        while not (running := [one for one in found(client) if one.status == "running"]):
            await asyncio.sleep(0.05)
    return running[0]


async def gone(client: docker.DockerClient) -> None:
    async with asyncio.timeout(30):
        while found(client):
            await asyncio.sleep(0.05)


def leftover(client: docker.DockerClient, key: str, *, until: float, run: bool = False) -> Container:
    """Make a container such as a worker that died leaves behind."""
    container = client.containers.create(**_options(Job(key, ASLEEP, {}, 64, time.monotonic()), IMAGE) | {
        "labels": {KEY: key, UNTIL: f"{until:.0f}"}
    })  # fmt: skip
    if run:
        container.start()
    return container


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("import urllib.request as r; return r.urlopen('http://example.org').read()", "python.network"),
        ("import socket; return socket.create_connection(('1.1.1.1', 80))", "python.network"),
        ("import socket; return socket.create_connection(('127.0.0.1', 80))", "python.network"),
        ("open('/etc/x', 'w')", "python.files"),
        ("import os; os.mkdir('/usr/x')", "python.files"),
        ("import os\n    while True: os.fork()", "python.processes"),
        ("import threading, time\n    while True: threading.Thread(target=time.sleep, args=[9]).start()",
         "python.processes"),
    ],
)  # fmt: skip
async def test_what_the_code_must_not_do_is_stopped_and_named(
    caller: Caller, daemon: Any, line: str, kind: str
) -> None:
    assert (await caller.fail(f"def main():\n    {line}\n    return 1")).kind == kind


async def test_a_fork_bomb_that_does_not_give_up_is_ended(caller: Caller, daemon: Any) -> None:
    code = """
        import os
        def main():
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
    """
    with pytest.raises((TimeoutError, NodeFailed)):
        await caller.run(code, timeout_s=6)


async def test_nobody_with_no_rights_and_no_files(caller: Caller, daemon: Any) -> None:
    code = """
        import os, pathlib
        def main():
            status = dict(line.split(":\\t") for line in open("/proc/self/status") if ":\\t" in line)
            rights = [status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")]
            return [os.getuid(), os.getgid(), os.listdir("/tmp"), rights, os.path.exists("/work")]
    """
    rights = ["0" * 16, "0" * 16, "1", "2"]
    assert await caller.run(code) == [65534, 65534, [], rights, False]


async def test_nothing_written_is_there_the_next_time(caller: Caller, daemon: Any) -> None:
    code = """
        import os
        def main():
            before = os.listdir("/tmp")
            open("/tmp/x", "w").write("kept?")
            return before
    """
    assert [await caller.run(code), await caller.run(code)] == [[], []]


async def test_a_cancelled_step_leaves_no_container(caller: Caller, daemon: docker.DockerClient) -> None:
    work = asyncio.create_task(caller.run(ASLEEP))
    await started(daemon)
    work.cancel()
    await asyncio.wait([work])
    assert found(daemon) == []


async def test_a_worker_that_is_killed_leaves_no_container_running(
    containers: PythonPolicy, daemon: docker.DockerClient
) -> None:
    program = (
        "import asyncio, time\nfrom engine.isolation import *\n"
        f"job = Job('run:work', {ASLEEP!r}, {{}}, 256, time.monotonic() + 600)\n"
        f"asyncio.run(isolation({containers!r}).run(job))"
    )
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    container = await started(daemon)
    worker.kill()
    await worker.wait()
    async with asyncio.timeout(20):
        while container.status != "exited":
            await asyncio.sleep(0.05)
            container.reload()
    async with isolation(containers):
        await gone(daemon)


async def test_a_worker_that_starts_removes_what_is_late_and_nothing_else(
    containers: PythonPolicy, daemon: docker.DockerClient
) -> None:
    late = leftover(daemon, "run:late", until=time.time() - 1, run=True)
    other = leftover(daemon, "run:others", until=time.time() + 600, run=True)
    async with isolation(containers), asyncio.timeout(20):
        while late.id in {one.id for one in found(daemon)}:
            await asyncio.sleep(0.05)
    assert [one.id for one in found(daemon)] == [other.id]
    other.remove(force=True)


async def test_a_step_that_is_executed_again_ends_its_earlier_execution(
    caller: Caller, daemon: docker.DockerClient
) -> None:
    earlier = asyncio.create_task(caller.run(ASLEEP))
    await started(daemon)
    assert await caller.run("def main():\n    return 'new'") == "new"
    with pytest.raises(Interrupted):
        await earlier


async def test_without_docker_a_step_says_what_to_do() -> None:
    policy = PythonPolicy(docker_host="unix:///nowhere/docker.sock")
    async for caller in calling(policy):
        failure = await caller.fail("def main():\n    return 1")
    assert (failure.kind, "WORKBENCH_PYTHON=process" in failure.hint) == ("python.no-docker", True)
    assert failure.message.endswith("does not answer: No such file or directory")
    assert readiness(policy).remedy == failure.hint


async def test_an_image_that_is_not_there_is_not_fetched(containers: PythonPolicy) -> None:
    policy = PythonPolicy(image="python:none", docker_host=containers.docker_host)
    async for caller in calling(policy):
        failure = await caller.fail("def main():\n    return 1")
    assert (failure.kind, failure.hint) == ("python.no-image", "Fetch it once: docker pull python:none")
    assert readiness(policy).remedy == failure.hint


async def test_an_image_without_python_is_named(
    containers: PythonPolicy, daemon: docker.DockerClient
) -> None:
    docker.APIClient(base_url=containers.docker_host).import_image_from_data(
        b"\0" * 10_240, repository="workbench-tests", tag="empty"
    )
    async for caller in calling(
        PythonPolicy(image="workbench-tests:empty", docker_host=containers.docker_host)
    ):
        failure = await caller.fail("def main():\n    return 1")
    assert (failure.kind, "has no python3" in failure.message) == ("python.no-image", True)


async def test_what_is_needed_is_there(containers: PythonPolicy) -> None:
    assert readiness(containers).ready


def compiled(code: str, *, inputs: Any = None, policy: Any = None) -> Plan:
    """Return the plan of a document with one Python step, `work`."""
    config = {"code": code, "inputs": inputs or {}}
    return compile(Document.model_validate(raw(node("work", "python", config, policy=policy or {}))))


async def test_a_step_cut_off_from_outside_is_done_again(
    server: Any, containers: PythonPolicy, daemon: docker.DockerClient
) -> None:
    rig = Rig(server, python=containers)
    code = "import time\ndef main(n):\n    time.sleep(1)\n    return {'{{ n }}': n}"
    async with rig.worker():
        run_id = await rig.start(compiled(code, inputs={"n": "{{ 40 + 2 }}"}))
        (await started(daemon)).remove(force=True)
        ran = await rig.ended(run_id)
    assert (ran.nodes["work"].output, ran.nodes["work"].attempt) == ({"{{ n }}": 42}, 1)


async def test_an_attempt_that_raises_is_repeated_as_the_policy_says(
    server: Any, containers: PythonPolicy, daemon: docker.DockerClient
) -> None:
    rig = Rig(server, python=containers)
    code = "def main():\n    raise ValueError('no luck')\n    return 1"
    async with rig.worker():
        ran = await rig.run(compiled(code, policy={"retry": {"attempts": 2, "delay_s": 0.1}}))
    assert ran.record.error
    assert (ran.record.error.kind, ran.nodes["work"].attempt) == ("python.exception", 2)
