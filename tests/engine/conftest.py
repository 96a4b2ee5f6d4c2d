"""A Temporal server that skips time, a real one, and a worker with everything a test looks at."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from engine.adapters._fake import FakeAdapter
from engine.client import EngineClient
from engine.contracts import NodeRecord, Plan, RunRecord, RunRequest
from engine.isolation import PythonPolicy
from engine.outbound import OutboundPolicy
from engine.payloads import data_converter
from engine.runtime import build_worker
from tests.engine.docker import IMAGE, docker_daemon, import_image
from tests.engine.memory import (
    MemoryBlobs,
    MemoryEvents,
    MemoryInbox,
    MemoryOutbox,
    MemorySecrets,
    MemorySink,
    MemorySlots,
    MemoryStarter,
)

BIN = Path(sys.executable).parent


@dataclass
class Rig:
    """One worker on a task queue of its own, and all that it was given."""

    temporal: Client
    skips: bool = False
    sink: MemorySink = field(default_factory=MemorySink)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    slots: MemorySlots = field(default_factory=MemorySlots)
    events: MemoryEvents = field(default_factory=MemoryEvents)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    starter: MemoryStarter = field(default_factory=MemoryStarter)
    fake: FakeAdapter = field(default_factory=FakeAdapter)
    outbound: OutboundPolicy = field(default_factory=OutboundPolicy)
    python: PythonPolicy = field(default_factory=lambda: PythonPolicy("off"))
    requests: dict[str, RunRequest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = self.temporal.config()
        config["data_converter"] = data_converter(self.blobs)
        self.client = EngineClient(Client(**config), task_queue=str(uuid.uuid4()))

    def __repr__(self) -> str:
        """Return no more than its name: Hypothesis prints the arguments of a test that fails."""
        return "Rig()"

    def worker(self, *, build_id: str | None = None) -> Worker:
        """Return a new worker; a test may stop it and start another."""
        return build_worker(
            self.client.temporal,
            sink=self.sink,
            blobs=self.blobs,
            secrets=self.secrets,
            slots=self.slots,
            events=self.events,
            inbox=self.inbox,
            outbox=self.outbox,
            starter=self.starter,
            outbound=self.outbound,
            python=self.python,
            task_queue=self.client.task_queue,
            adapters={"fake": self.fake},
            build_id=build_id,
            sandboxed=True,
        )

    async def start(self, plan: Plan, inputs: dict[str, Any] | None = None, **more: Any) -> str:
        """Start a run and return its id."""
        request = RunRequest(run_id=str(uuid.uuid4()), plan=plan, inputs=inputs or {}, **more)
        self.requests[request.run_id] = request
        await self.client.start(request)
        return request.run_id

    async def run(self, plan: Plan, inputs: dict[str, Any] | None = None, **more: Any) -> "Ran":
        """Start a run, wait for its end and return what there is to see of it."""
        return await self.ended(await self.start(plan, inputs, **more))

    async def ended(self, run_id: str) -> "Ran":
        """Wait for a run's end and return what there is to see of it."""
        async with self.skipping_time():
            record = await asyncio.wait_for(self.client.result(run_id), 60)
        return Ran(run_id, record, self.sink.of(run_id), self)

    @asynccontextmanager
    async def skipping_time(self) -> AsyncIterator[None]:
        """Let the server skip time wherever nothing but timers is going on, if it can."""
        if not self.skips:
            yield
            return
        await self.temporal.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        try:
            yield
        finally:
            await self.temporal.test_service.lock_time_skipping(LockTimeSkippingRequest())

    async def seen(self, run_id: str, node_id: str, status: str) -> None:
        """Wait until a node's record has a status."""
        async with asyncio.timeout(30):
            while self.sink.statuses(run_id).get(node_id) != status:
                await asyncio.sleep(0.02)

    async def history(self, run_id: str) -> str:
        """Return the run's whole history as JSON."""
        handle = self.client.temporal.get_workflow_handle(f"run-{run_id}")
        return (await handle.fetch_history()).to_json()

    async def executions(self, run_id: str) -> int:
        """Return how often the run continued as new, and its first execution."""
        handle, count, execution = self.client.temporal.get_workflow_handle, 0, None
        while count == 0 or execution:
            history = await handle(f"run-{run_id}", run_id=execution).fetch_history()
            execution = history.events[
                0
            ].workflow_execution_started_event_attributes.continued_execution_run_id
            count += 1
        return count


@dataclass
class Ran:
    """The end of a run: the workflow's result and the records."""

    run_id: str
    record: RunRecord
    nodes: dict[str, NodeRecord]
    rig: Rig

    @property
    def request(self) -> RunRequest:
        return self.rig.requests[self.run_id]

    @property
    def outputs(self) -> dict[str, Any]:
        assert self.record.status == "succeeded", self.record
        return self.record.outputs or {}

    @property
    def statuses(self) -> dict[str, str]:
        return {node_id: record.status for node_id, record in self.nodes.items()}


@pytest.fixture(scope="session")
async def skipping() -> AsyncIterator[Client]:
    """A client of the test server, on which a day's delay takes no time."""
    path = str(BIN / "temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as environment:
        yield environment.client


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Client]:
    """A client of the server that the workbench embeds."""
    path = str(BIN / "temporal")
    settings = ["--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"]
    settings += ["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"']
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=path, dev_server_extra_args=settings
    ) as environment:
        yield environment.client


@pytest.fixture(scope="session")
async def containers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PythonPolicy]:
    """How Python steps are executed on a Docker daemon of the tests' own."""
    if os.geteuid() != 0:
        pytest.skip("dockerd needs root")
    async with docker_daemon(tmp_path_factory.mktemp("docker")) as address:
        await asyncio.to_thread(import_image, address)
        yield PythonPolicy(image=IMAGE, docker_host=address)


@pytest.fixture
async def rig(skipping: Client) -> AsyncIterator[Rig]:
    """A running worker on the server that skips time."""
    rig = Rig(skipping, skips=True)
    async with rig.worker():
        yield rig


@pytest.fixture
async def real(server: Client) -> AsyncIterator[Rig]:
    """A running worker on the real server."""
    rig = Rig(server)
    async with rig.worker():
        yield rig
