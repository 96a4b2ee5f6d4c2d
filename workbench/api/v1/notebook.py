"""A draft as a notebook: how its outputs stand, pins, running a part of it; and going on from older runs."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import comparisons, forks, notebook, pins, runs
from workbench.services.shapes import Comparison, NodeOutput, Notebook, Page, Pin, RunDetail, RunSummary

router = APIRouter(tags=["notebook"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PartStart(_Body):
    """What runs of the draft: a node, to it, from it, what is stale, or all. Without `inputs`: the latest."""

    what: Literal["node", "to", "from", "stale", "all"]
    node: str = Field(default="", description="The node that `node`, `to` and `from` are about.")
    inputs: dict[str, Any] | None = None
    edits: dict[str, Any] = Field(
        default_factory=dict, description="Outputs to try, by node, in place of what those nodes would give."
    )

    @model_validator(mode="after")
    def _names_a_node(self) -> "PartStart":
        if (self.what in ("node", "to", "from")) != bool(self.node):
            raise ValueError("`node` belongs to `what` node, to and from, and to none of the others")
        return self


class PinValue(_Body):
    """What is pinned: a `value`, or what the node gave in the run `run_id`."""

    value: Any = None
    media_type: str = Field(default="application/json", max_length=200)
    run_id: str | None = None


class Fork(_Body):
    """Where a run goes on from, and with what. Without `inputs`: those of the older run."""

    node: str = Field(default="", description="This node and all that follows it runs again.")
    edits: dict[str, Any] = Field(default_factory=dict, description="Outputs by node, in place of what was.")
    inputs: dict[str, Any] | None = None


class Restart(_Body):
    """The pass, counted from 0, at which a map or loop begins again."""

    at: Annotated[int, Field(ge=0, le=10_000_000)]


@router.get("/workflows/{workflow_id}/notebook", summary="Read how the draft's outputs stand")
async def read_notebook(principal: CurrentPrincipal, workflow_id: str) -> Notebook:
    """Each node's latest output, and whether it holds for the draft and the inputs of the latest test run."""
    return await notebook.read(principal, workflow_id)


@router.post("/workflows/{workflow_id}/notebook/runs", status_code=201, summary="Run a part of the draft")
async def run_part(
    principal: CurrentPrincipal, workflow_id: str, body: PartStart, response: Response
) -> RunDetail:
    """Outputs that hold are reused from older runs. 409 when nothing is left to run."""
    run = await notebook.run(
        principal, workflow_id, what=body.what, node=body.node, inputs=body.inputs, edits=body.edits
    )
    return _located(run, response)


@router.get("/workflows/{workflow_id}/pins", summary="List the draft's pins")
async def list_pins(principal: CurrentPrincipal, workflow_id: str) -> list[Pin]:
    """Pinned values count in test runs, never in those of a published version."""
    return list(await pins.list_pins(principal, workflow_id))


@router.get("/workflows/{workflow_id}/pins/{node_id}", summary="Read a pinned value")
async def read_pin(principal: CurrentPrincipal, workflow_id: str, node_id: str) -> NodeOutput:
    """The whole value."""
    return await pins.read_pin(principal, workflow_id, node_id)


@router.put("/workflows/{workflow_id}/pins/{node_id}", summary="Pin a value to a node")
async def put_pin(principal: CurrentPrincipal, workflow_id: str, node_id: str, body: PinValue) -> Pin:
    """The value stands for the node's output in test runs; the node does not run there."""
    if body.run_id is not None:
        return await pins.pin_output(principal, workflow_id, node_id, run_id=body.run_id)
    return await pins.pin_value(principal, workflow_id, node_id, value=body.value, media_type=body.media_type)


@router.delete("/workflows/{workflow_id}/pins/{node_id}", status_code=204, summary="Unpin a node")
async def delete_pin(principal: CurrentPrincipal, workflow_id: str, node_id: str) -> None:
    """The node runs again."""
    await pins.unpin(principal, workflow_id, node_id)


@router.post("/runs/{run_id}/fork", status_code=201, summary="Go on from a step of a run")
async def fork(principal: CurrentPrincipal, run_id: str, body: Fork, response: Response) -> RunDetail:
    """A new run of the same document; with edited values a test run. 409 while the older one goes on."""
    run = await forks.fork(principal, run_id, node=body.node, edits=body.edits, inputs=body.inputs)
    return _located(run, response)


@router.get("/runs/{run_id}/forks", summary="List the runs that go on from a run")
async def list_forks(
    principal: CurrentPrincipal, run_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[RunSummary]:
    """Newest first."""
    await runs.has_ended(principal, run_id)  # a run that there is not has no empty list either
    return await runs.list_runs(principal, forked_from=run_id, limit=limit, cursor=cursor)


@router.post(
    "/runs/{run_id}/nodes/{node_id}/retry-failed", status_code=201, summary="Retry the failed items of a map"
)
async def retry_failed(
    principal: CurrentPrincipal, run_id: str, node_id: str, response: Response
) -> RunDetail:
    """A new run: the results of the other items are taken over."""
    return _located(await forks.retry_failed(principal, run_id, node=node_id), response)


@router.post(
    "/runs/{run_id}/nodes/{node_id}/restart", status_code=201, summary="Restart a map or loop at a pass"
)
async def restart(
    principal: CurrentPrincipal, run_id: str, node_id: str, body: Restart, response: Response
) -> RunDetail:
    """A new run: the results of the passes before it are taken over."""
    return _located(await forks.restart(principal, run_id, node=node_id, at=body.at), response)


@router.get("/runs/{run_id}/compare/{other_id}", summary="Compare two runs node by node")
async def compare(principal: CurrentPrincipal, run_id: str, other_id: str) -> Comparison:
    """What the run `other_id` came to otherwise than `run_id`."""
    return await comparisons.compare(principal, run_id, other_id)


def _located(run: RunDetail, response: Response) -> RunDetail:
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run
