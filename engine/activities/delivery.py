"""The activity that sends a message out of the application's outbox."""

from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from engine.contracts import DELIVER_MESSAGE
from engine.ports import Outbox


class DeliveryActivities:
    """The activity, bound to the application's outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    @activity.defn(name=DELIVER_MESSAGE)
    async def deliver_message(self, batch_id: str) -> None:
        """Try to send a message; raises to be called again later."""
        with bound_contextvars(batch_id=batch_id):
            if failure := await self._outbox.deliver(batch_id):
                raise ApplicationError(
                    failure.message, type=failure.kind, category=ApplicationErrorCategory.BENIGN
                )
