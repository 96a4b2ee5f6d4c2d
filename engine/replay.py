"""What a run's history says was recorded: the run is replayed, and what it writes down is collected.

The history holds what every activity gave back, and the interpreter is deterministic. So a replay forms the
records anew, with the values and times that they had; nothing is executed, and nothing is written.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    StartActivityInput,
    StartLocalActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from engine.contracts import (
    TERMINAL,
    NodeRecord,
    NodeResult,
    NodeTask,
    RecordBatch,
    RunRecord,
    RunRequest,
    ScopeState,
)
from engine.ids import workflow_id
from engine.workflows.graph_run import GraphRun


@dataclass
class Account:
    """What the history tells of a run: its request, the last record of each node by its place, and of itself.

    `fault` says why the history could not be followed to its end; what was told until then is here.
    """

    request: RunRequest | None = None
    begun_at: datetime | None = None
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    run: RunRecord | None = None
    fault: str = ""

    def _begun(self, request: RunRequest, at: datetime) -> None:
        """Take note of an execution's request: of the first one's, and of what the others go on with."""
        self.request = self.request or request
        self.begun_at = self.begun_at or at
        if request.resume:
            self._carried(request.resume)

    def _carried(self, state: ScopeState) -> None:
        for record in state.settled:
            self._noted(record)
        for container in state.containers.values():
            for inner in container.passes.values():
                self._carried(inner)

    def _noted(self, record: NodeRecord) -> None:
        known = self.nodes.get(record.place)
        if known is None or known.status not in TERMINAL:
            self.nodes[record.place] = record

    def _written(self, nodes: tuple[NodeRecord, ...], run: RunRecord | None) -> None:
        for record in nodes:
            self._noted(record)
        if run and (self.run is None or self.run.status not in TERMINAL):
            self.run = run

    def _given(self, task: NodeTask, at: datetime) -> None:
        """Take note of what an activity writes when it begins; it alone knows the very moment."""
        running = NodeRecord(
            node_id=task.node_id,
            scope=task.scope,
            status="running",
            started_at=at,
            attempt=task.attempts_before + 1,
        )
        self._written((*task.pending, running), task.run)

    def _landed(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is None and isinstance(task.result(), NodeResult):
            self._noted(task.result().record)


async def account_of(client: Client, run_id: str) -> Account:
    """Return what Temporal knows of a run; its request is None when it knows nothing of it."""
    account = Account()
    with ThreadPoolExecutor(1) as thread:
        replayer = Replayer(
            workflows=[GraphRun],
            workflow_task_executor=thread,
            workflow_runner=UnsandboxedWorkflowRunner(),
            namespace=client.namespace,
            data_converter=client.data_converter,
            interceptors=[_Collecting(account)],
            debug_mode=True,  # no time limit: a replay does in one go what took a run its whole life
        )
        for execution in await _executions(client, run_id):
            handle = client.get_workflow_handle(workflow_id(run_id), run_id=execution)
            result = await replayer.replay_workflow(
                await handle.fetch_history(), raise_on_replay_failure=False
            )
            if result.replay_failure:
                account.fault = str(result.replay_failure) or type(result.replay_failure).__name__
                break
    return account


async def _executions(client: Client, run_id: str) -> list[str]:
    """Return the ids of the run's executions that Temporal still keeps, the first one first."""
    found: list[str] = []
    execution: str | None = None
    while execution != "":
        handle = client.get_workflow_handle(workflow_id(run_id), run_id=execution)
        try:
            event = await anext(handle.fetch_history_events(page_size=1))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            break
        started = event.workflow_execution_started_event_attributes
        found.insert(0, started.original_execution_run_id)
        execution = started.continued_execution_run_id
    return found


class _Collecting(Interceptor):
    """Listens to what the workflow asks of its activities."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """Return a class, which is what the SDK wants, that knows the account."""
        account = self._account

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(_Outbound(outbound, account))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                account._begun(input.args[0], workflow.now())
                return await super().execute_workflow(input)

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, account: Account) -> None:
        super().__init__(next)
        self._account = account

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        return self._heard(input.args[0], super().start_activity(input))

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        return self._heard(input.args[0], super().start_local_activity(input))

    def _heard(self, given: object, handle: workflow.ActivityHandle[Any]) -> workflow.ActivityHandle[Any]:
        if isinstance(given, RecordBatch):
            self._account._written(given.nodes, given.run)
        elif isinstance(given, NodeTask):
            self._account._given(given, workflow.now())
            handle.add_done_callback(self._account._landed)
        return handle
