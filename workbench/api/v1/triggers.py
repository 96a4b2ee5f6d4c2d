"""`/workflows/{id}/triggers`: what starts runs of a workflow by itself, and whether it does at the moment."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.services.shapes import Page, RunDetail
from workbench.services.triggers import states
from workbench.services.triggers.states import TriggerState

router = APIRouter(prefix="/workflows/{workflow_id}/triggers", tags=["triggers"])


class Heard(BaseModel):
    """What the trigger shall have heard: the fields of `trigger` that its inputs read, such as `body`."""

    model_config = ConfigDict(extra="forbid")

    trigger: dict[str, Any] = Field(default_factory=dict, examples=[{"body": {"order": 4711}}])


@router.get("", summary="List a workflow's triggers")
async def list_triggers(principal: CurrentPrincipal, workflow_id: str) -> Page[TriggerState]:
    """Those of the draft, then those that only the live version has. All of them are on the one page."""
    return Page(items=await states.list_triggers(principal, workflow_id))


@router.get("/{name}", summary="Read a trigger")
async def read_trigger(principal: CurrentPrincipal, workflow_id: str, name: str) -> TriggerState:
    """Whether it is armed, a webhook's address, a schedule's next ten times, its last runs."""
    return await states.get_trigger(principal, workflow_id, name)


@router.post("/{name}/pause", summary="Pause a trigger")
async def pause_trigger(principal: CurrentPrincipal, workflow_id: str, name: str) -> TriggerState:
    """It starts nothing until it is resumed, whatever is published meanwhile. What is due is not made up."""
    return await states.pause(principal, workflow_id, name, paused=True)


@router.post("/{name}/resume", summary="Resume a trigger")
async def resume_trigger(principal: CurrentPrincipal, workflow_id: str, name: str) -> TriggerState:
    """Let a paused trigger start runs again."""
    return await states.pause(principal, workflow_id, name, paused=False)


@router.post("/{name}/rotate", summary="Give a webhook another address")
async def rotate_trigger(principal: CurrentPrincipal, workflow_id: str, name: str) -> TriggerState:
    """The old address answers 404 from now on."""
    return await states.rotate(principal, workflow_id, name)


@router.post("/{name}/try", status_code=201, summary="Run the draft as its trigger would")
async def try_trigger(
    principal: CurrentPrincipal, workflow_id: str, name: str, body: Heard, response: Response
) -> RunDetail:
    """Nothing needs to be published or armed: the inputs are made of the `trigger` that is sent."""
    run = await states.try_out(principal, workflow_id, name, heard=body.trigger)
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run
