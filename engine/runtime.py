"""Builds the worker that executes runs, out of what the application gives the engine."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.plugin import SimplePlugin
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from engine import adapters as registry
from engine.activities import (
    DeliveryActivities,
    EventActivities,
    InboxActivities,
    NodeActivities,
    StartActivities,
    check_outputs,
)
from engine.activities.node import HEARTBEAT_S
from engine.isolation import PythonPolicy, isolation
from engine.outbound import OutboundClient, OutboundPolicy
from engine.ports import (
    AgentAdapter,
    BlobStore,
    EventInbox,
    InboxSink,
    Outbox,
    RunSink,
    RunStarter,
    SecretStore,
    SlotKeeper,
)
from engine.workflows.delivery import Delivery
from engine.workflows.graph_run import GraphRun
from engine.workflows.scheduled_start import ScheduledStart

STOP = timedelta(seconds=10)
"""What running activities may still take when the worker is asked to stop."""

AT_ONCE = 200
"""Workflow tasks, and local activities, under way at a time: a slow local activity holds one of each."""

PASSED_THROUGH = ("engine", "minijinja", "pydantic", "pydantic_core", "structlog")
"""Not loaded anew for each run by the sandbox: they hold no state of a run."""


def sandbox() -> WorkflowRunner:
    """Return the sandbox that workflow code is tested and replayed in: it refuses what is random."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def build_worker(
    client: Client,
    *,
    sink: RunSink,
    blobs: BlobStore,
    secrets: SecretStore,
    slots: SlotKeeper,
    events: EventInbox,
    inbox: InboxSink,
    outbox: Outbox,
    starter: RunStarter,
    outbound: OutboundPolicy,
    task_queue: str,
    python: PythonPolicy | None = None,
    adapters: Mapping[str, AgentAdapter] | None = None,
    build_id: str | None = None,
    sandboxed: bool = False,
) -> Worker:
    """Return a worker for runs and their activities; `await worker.run()` or use it as a context manager.

    `client` is an EngineClient's `temporal`. `python` says where code out of documents is executed.
    `adapters` are added to the registered ones, by node type. With a `build_id` the worker takes part in
    Temporal's Worker Versioning, see `versioning`. The sandbox takes a sixth of a run's time; no user's
    code runs in workflows, and the tests run them `sandboxed`.
    """
    means = registry.Means(OutboundClient(outbound), isolation(python or PythonPolicy()), events, outbox)

    @asynccontextmanager
    async def connections() -> AsyncIterator[None]:
        async with means.outbound, means.isolation:
            yield

    activities = NodeActivities(
        sink=sink,
        blobs=blobs,
        secrets=secrets,
        slots=slots,
        adapters={**registry.build(means), **(adapters or {})},
    )
    waits, starts, people = EventActivities(events), StartActivities(starter), InboxActivities(inbox)
    messages = DeliveryActivities(outbox)
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[GraphRun, ScheduledStart, Delivery],
        activities=[
            activities.run_node,
            activities.record,
            activities.open_run,
            check_outputs,
            waits.await_event,
            waits.stop_waiting,
            people.open_task,
            people.note_task,
            people.settle_task,
            messages.deliver_message,
            starts.start_scheduled,
            starts.stop_scheduled,
        ],
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        plugins=[SimplePlugin("workbench.connections", run_context=connections)],
        graceful_shutdown_timeout=STOP,
        max_concurrent_workflow_tasks=AT_ONCE,
        max_concurrent_local_activities=AT_ONCE,
        max_cached_workflows=2 * AT_ONCE,
        max_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_S),
        deployment_config=versioning(task_queue, build_id) if build_id else None,
    )
    _tolerate_busy_machines(worker)
    return worker


def versioning(task_queue: str, build_id: str) -> WorkerDeploymentConfig:
    """Return how a worker of one build shares the task queue with workers of another.

    The deployment is named as the task queue; its workers take no work before their build is made the current
    one (`temporal worker deployment set-current-version`). A run goes on with the build that is current: it
    may take a year, changes of the interpreter are patched, and saved histories prove it.
    """
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=task_queue, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def _tolerate_busy_machines(worker: Worker) -> None:
    """Let a piece of workflow code take 30 s before it is taken for a deadlock; the SDK's 2 s cannot be set.

    The interpreter takes no locks, and what it evaluates is bounded. With the SDK's limit, a heavy expression
    on a busy machine would fail its workflow task over and over, and the run would hang.
    """
    if worker._workflow_worker and worker._workflow_worker._deadlock_timeout_seconds:
        worker._workflow_worker._deadlock_timeout_seconds = 30
