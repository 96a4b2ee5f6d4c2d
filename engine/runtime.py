"""Builds the worker that executes runs, out of what the application gives the engine."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.plugin import SimplePlugin
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from engine import adapters as registry
from engine.activities import NodeActivities
from engine.outbound import OutboundClient, OutboundPolicy
from engine.ports import AgentAdapter, BlobStore, RunSink, SecretStore
from engine.workflows.graph_run import GraphRun

STOP = timedelta(seconds=10)
"""What running activities may still take when the worker is asked to stop."""

PASSED_THROUGH = ("engine", "minijinja", "pydantic", "pydantic_core", "structlog")
"""Not loaded anew for each run: they hold no state of a run, and loading them would cost most of its time."""


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return the sandbox that workflow code runs and is replayed in."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def build_worker(
    client: Client,
    *,
    sink: RunSink,
    blobs: BlobStore,
    secrets: SecretStore,
    outbound: OutboundPolicy,
    task_queue: str,
    adapters: Mapping[str, AgentAdapter] | None = None,
) -> Worker:
    """Return a worker for runs and their activities; `await worker.run()` or use it as a context manager.

    `client` is an EngineClient's `temporal`. `adapters` are added to the registered ones, by node type.
    """
    requests = OutboundClient(outbound)

    @asynccontextmanager
    async def connections() -> AsyncIterator[None]:
        async with requests:
            yield

    activities = NodeActivities(
        sink=sink, blobs=blobs, secrets=secrets, adapters={**registry.build(requests), **(adapters or {})}
    )
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[GraphRun],
        activities=[activities.run_node, activities.record],
        workflow_runner=workflow_runner(),
        plugins=[SimplePlugin("workbench.connections", run_context=connections)],
        graceful_shutdown_timeout=STOP,
    )
