"""Old and new workers side by side: a run that began with one build goes on with the next one."""

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from tests.engine.conftest import Rig
from tests.engine.plans import delay, fake, plan


async def make_current(rig: Rig, build_id: str) -> None:
    """Do what an operator does once workers of a build are up; the server learns of them after a moment."""
    service, deployment = rig.temporal.workflow_service, rig.client.task_queue
    while True:
        try:
            await service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=rig.temporal.namespace, deployment_name=deployment, build_id=build_id
                )
            )
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise
        else:
            return


async def current(rig: Rig) -> str:
    """Return the build that new work goes to."""
    answer = await rig.temporal.workflow_service.describe_worker_deployment(
        DescribeWorkerDeploymentRequest(
            namespace=rig.temporal.namespace, deployment_name=rig.client.task_queue
        )
    )
    return answer.worker_deployment_info.routing_config.current_deployment_version.build_id


async def test_run_goes_on_with_the_build_that_is_made_current(server: Client) -> None:
    rig = Rig(server)
    async with rig.worker(build_id="one"):
        await make_current(rig, "one")
        run_id = await rig.start(
            plan(fake("before"), delay("pause", "before", seconds=2), fake("after", "pause"))
        )
        await rig.seen(run_id, "pause", "waiting")
    async with rig.worker(build_id="two"):
        await make_current(rig, "two")
        ran = await rig.ended(run_id)
    assert (ran.record.status, await current(rig)) == ("succeeded", "two")
