"""The slot of a concurrency group that a node holds while it works; without a free one it does not work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from engine.contracts import BUSY, SLOT_FREE, NodeTask, place
from engine.ids import workflow_id
from engine.ports import SlotKeeper

LEASE_S = 60.0
"""A slot whose holder is silent for so long is free again: its worker has died."""

_log = structlog.get_logger(__name__)


def holder(task: NodeTask) -> str:
    """Return the name under which a node holds its slot, in all its attempts: its run and its place."""
    return f"{task.run_id}:{place(task.scope, task.node_id)}"


def busy(task: NodeTask, attempt: int) -> ApplicationError:
    """Return the error by which a node comes back later: nothing was done, so no attempt is counted."""
    group = task.slots.group if task.slots else ""
    return ApplicationError(
        f"All slots of {group} are taken",
        attempt - 1,
        type=BUSY,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


@contextlib.asynccontextmanager
async def kept(task: NodeTask, keeper: SlotKeeper) -> AsyncIterator[None]:
    """Renew a node's slot while it works, and free it at the end; who is next in line is told."""
    if task.slots is None:
        yield
        return
    renewing = asyncio.create_task(_renew(task, keeper))
    try:
        yield
    finally:
        renewing.cancel()
        try:
            following = await keeper.free(task.run_id, task.slots, holder(task))
        except Exception as error:  # the slot is free when its lease is over
            _log.warning("slot.not-freed", group=task.slots.group, error=repr(error))
        else:
            await _tell(following)


async def _tell(following: Sequence[str]) -> None:
    """Tell the runs of those in line that their turn has come."""
    for one in following:
        run_id, _, at = one.partition(":")
        try:
            await activity.client().get_workflow_handle(workflow_id(run_id)).signal(SLOT_FREE, at)
        except RPCError as error:  # it asks again by itself before long, unless it is over
            _log.info("slot.not-told", run=run_id, node=at, error=str(error))


async def _renew(task: NodeTask, keeper: SlotKeeper) -> None:
    assert task.slots is not None
    while True:
        await asyncio.sleep(LEASE_S / 4)
        try:
            await keeper.take(task.run_id, task.slots, holder(task), lease_s=LEASE_S)
        except Exception as error:  # there are three more tries before the lease is over
            _log.warning("slot.not-renewed", group=task.slots.group, error=repr(error))
