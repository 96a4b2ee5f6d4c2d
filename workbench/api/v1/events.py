"""`/events`: what happens elsewhere, for the steps that wait for it."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.services import deliveries
from workbench.services.event_inbox import Delivered

router = APIRouter(prefix="/events", tags=["events"])


class EventSent(BaseModel):
    """An event. Name and key say which steps it is for; an `id` that was used before counts once."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["order.paid"])
    key: str = Field(default="", max_length=500, examples=["4711"])
    data: Any = Field(default=None, examples=[{"amount": 12.5}])
    id: str | None = Field(default=None, min_length=1, max_length=200)


@router.post("", status_code=202, summary="Send an event")
async def send_event(principal: CurrentPrincipal, body: EventSent) -> Delivered:
    """Given to every step that waits for it, or kept for the first that will (a week unless set otherwise).

    Refused with 422 when steps wait for it and none can use its data. 202 says that it is stored: the runs
    go on as soon as they can.
    """
    return await deliveries.send_event(
        principal, name=body.name, key=body.key, data=body.data, event_id=body.id
    )
