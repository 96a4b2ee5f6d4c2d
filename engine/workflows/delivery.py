"""Brings one message to its receiver, however long that is away: an activity, tried again and again.

It ends when the application says that the message is settled: sent, or given up. What went wrong meanwhile
the application keeps, where people see it.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from engine.contracts import DELIVER_MESSAGE

PATIENCE = timedelta(seconds=90)
"""What one attempt may take; sending itself is given up earlier."""

RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=10), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=30)
)
"""Without an end: the application counts the attempts at sending, an outage of ours is none."""


@workflow.defn
class Delivery:
    """One message; its id is that of the application's batch."""

    @workflow.run
    async def run(self, batch_id: str) -> None:
        """Return once the message is settled."""
        await workflow.execute_activity(
            DELIVER_MESSAGE, batch_id, start_to_close_timeout=PATIENCE, retry_policy=RETRY
        )
