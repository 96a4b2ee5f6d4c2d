"""`/runs`: starting, reading, watching and stopping."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from engine.contracts import Budget, RunStatus
from engine.graph import Document
from workbench.api.principal import CurrentPrincipal, credentials_of
from workbench.api.streams import while_allowed
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import decisions, live, passes, run_options, runs
from workbench.services.run_options import RunOptions, Trigger, TriggerType
from workbench.services.shapes import (
    NodeOutput,
    NodeRun,
    Page,
    Pass,
    PassStatus,
    RunDetail,
    RunEvent,
    RunSummary,
)

router = APIRouter(prefix="/runs", tags=["runs"])

PING_S = 15
Scope = Annotated[
    str,
    Query(
        max_length=2_000,
        pattern=r"^([a-z][a-z0-9_]*/\d+(/[a-z][a-z0-9_]*/\d+)*)?$",
        description="A pass of a container, such as `each/3`, or `each/3/pages/0` in a nested one. "
        "Empty: outside of containers.",
    ),
]
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Files that a browser may show on our origin: pictures that cannot hold a program."""
LONGEST_NAME = 200
"""Characters of a file's name that fit into a header which every client reads."""


class RunStart(BaseModel):
    """What to run, and with what. Without `version`: the live version if there is one, else the draft."""

    model_config = ConfigDict(extra="forbid")

    workflow_id: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    version: Literal["live", "draft"] | Annotated[int, Field(ge=1)] | None = None
    priority: int | None = Field(default=None, description="From 1, served first, to 5; without: 3.")
    deadline: float | AwareDatetime | None = Field(
        default=None,
        description="Seconds from now, or an instant: a run that goes on then is cancelled.",
    )
    budget: Budget | None = Field(default=None, description="Without: what the document's `limits` say.")
    idempotency_key: str | None = Field(
        default=None, description="A second start with the same key gives the run of the first."
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="At most 20; found by `?label=name:value`."
    )

    @property
    def options(self) -> RunOptions:
        """What is asked of the run beside what it runs."""
        return RunOptions(
            priority=self.priority,
            deadline=self.deadline,
            budget=self.budget,
            idempotency_key=self.idempotency_key,
            labels=self.labels,
        )


Label = Annotated[
    list[str], Query(description="`name:value`; given several times, a run must have all of them.")
]


@router.post("", status_code=201, summary="Start a run")
async def start_run(principal: CurrentPrincipal, body: RunStart, response: Response) -> RunDetail:
    """Refused with 422 and all problems when the document cannot run or the inputs do not fit.

    With an idempotency key that was used before: the run of then, or 409 when it was for something else.
    """
    run = await runs.start_run(
        principal,
        workflow_id=body.workflow_id,
        inputs=body.inputs,
        version=body.version,
        options=body.options,
        trigger=Trigger("api"),
    )
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run


@router.get("", summary="List runs, newest first")
async def list_runs(
    principal: CurrentPrincipal,
    limit: Limit = 50,
    cursor: Cursor = None,
    workflow_id: str | None = None,
    status: RunStatus | None = None,
    trigger: Annotated[TriggerType | None, Query(description="What made the run start.")] = None,
    label: Label = [],  # noqa: B006 - FastAPI copies it
    parent_run_id: Annotated[str | None, Query(description="The run whose sub-workflows to list.")] = None,
    parent_place: Annotated[
        str | None, Query(description="The node in it, with its pass: `call`, or `each/3/call`.")
    ] = None,
) -> Page[RunSummary]:
    """Narrowed to a workflow, a status, a type of trigger, labels or a parent where these are given."""
    return await runs.list_runs(
        principal,
        workflow_id=workflow_id,
        status=status,
        trigger=trigger,
        labels=run_options.labels_of(label),
        parent_run_id=parent_run_id,
        parent_place=parent_place,
        limit=limit,
        cursor=cursor,
    )


@router.get("/{run_id}", summary="Read a run and its nodes")
async def read_run(principal: CurrentPrincipal, run_id: str) -> RunDetail:
    """Node outputs are previews here; see `/runs/{run_id}/nodes/{node_id}/output`.

    Nodes inside of containers are at `/runs/{run_id}/nodes`.
    """
    return await runs.get_run(principal, run_id)


@router.get("/{run_id}/nodes", summary="Read the nodes of one pass")
async def read_nodes(principal: CurrentPrincipal, run_id: str, scope: Scope = "") -> Page[NodeRun]:
    """All on one page, in the order in which they started."""
    return Page(items=await passes.list_nodes(principal, run_id, scope=scope))


@router.get("/{run_id}/nodes/{node_id}/passes", summary="List the passes of a container")
async def list_passes(
    principal: CurrentPrincipal,
    run_id: str,
    node_id: str,
    scope: Scope = "",
    status: PassStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Pass]:
    """Those that have begun, by their index. `scope` is where the container itself stands."""
    return await passes.list_passes(
        principal, run_id, node_id, scope=scope, status=status, limit=limit, cursor=cursor
    )


@router.get("/{run_id}/document", summary="Read the document that ran")
async def read_run_document(principal: CurrentPrincipal, run_id: str) -> Document:
    """The run is bound to this document, whatever became of the draft."""
    return await runs.get_run_document(principal, run_id)


@router.post("/{run_id}/cancel", status_code=202, summary="Ask a run to stop")
async def cancel_run(principal: CurrentPrincipal, run_id: str) -> RunDetail:
    """A run that has ended stays as it is. The run may still be shown as running for a moment."""
    return await runs.cancel_run(principal, run_id)


class BudgetAsked(Budget):
    """What a run may spend from now on."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@router.put("/{run_id}/budget", summary="Give a run another budget")
async def raise_budget(principal: CurrentPrincipal, run_id: str, body: BudgetAsked) -> RunDetail:
    """A run that waits because it has used up its budget goes on. What it has spent stays spent."""
    return await runs.raise_budget(principal, run_id, Budget(**dict(body)))


@router.post("/{run_id}/terminate", status_code=202, summary="End a run at once")
async def terminate_run(principal: CurrentPrincipal, run_id: str) -> RunDetail:
    """Without undoing anything, and with all sub-workflows. A run that has ended stays as it is."""
    return await runs.terminate_run(principal, run_id)


@router.get(
    "/{run_id}/events",
    summary="Watch a run",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 204: {"description": "Nothing more will come."}},
)
async def watch_run(
    principal: CurrentPrincipal,
    request: Request,
    run_id: str,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(description="The same as the header `Last-Event-ID`.")] = None,
    scope: Scope = "",
) -> Response:
    """Server-sent events `node` and `run`, whose data is `{"id", "run_id", "node", "run"}`.

    The nodes are those outside of containers or, with `scope`, those of that pass. First the present state,
    or what came after `Last-Event-ID`; then what happens. The stream ends with the run. Asked again after
    that, it answers 204, which tells an EventSource to stop. It ends also, within seconds, when you may not
    see the run any more: your session or key has ended, or a role was taken.
    """
    resume = last_event_id or after
    ended = await runs.has_ended(principal, run_id)
    events = live.watch_run(principal, run_id, resume, scope=scope)
    if ended:
        rest = [event async for event in events]
        return EventSourceResponse(_messages(_each(rest)), ping=PING_S) if rest else Response(status_code=204)
    allowed = while_allowed(
        credentials_of(request), events, lambda principal: runs.has_ended(principal, run_id)
    )
    return EventSourceResponse(_messages(allowed), ping=PING_S)


@router.get("/{run_id}/nodes/{node_id}/output", summary="Read a node's whole output")
async def read_output(
    principal: CurrentPrincipal, run_id: str, node_id: str, scope: Scope = ""
) -> NodeOutput:
    """The JSON value; for a file, its description, with the file itself at `/artifact`."""
    return await runs.node_output(principal, run_id, node_id, scope=scope)


class DecisionAsked(BaseModel):
    """What a step that failed and waits is to do. `attempt` is the one whose failure you saw.

    `retry` tries again, with the settings in `config` in place of its own; `output` goes on with the given
    output as if the step had succeeded, leaving by `port`; `skip` skips it, `abort` lets it fail.
    """

    model_config = ConfigDict(extra="forbid")

    action: decisions.Action
    attempt: int = Field(ge=1)
    config: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    port: str = Field(default="out", max_length=63)
    reason: str = Field(default="", max_length=2_000)


@router.post("/{run_id}/nodes/{node_id}/decide", summary="Decide about a step that failed and waits")
async def decide(
    principal: CurrentPrincipal, run_id: str, node_id: str, body: DecisionAsked, scope: Scope = ""
) -> NodeRun:
    """Taken once: 409 when it comes too late, somebody else was first, or the step has failed again since."""
    asked = decisions.Asked(**dict(body))
    return await decisions.decide(principal, run_id, node_id, asked, scope=scope)


@router.get(
    "/{run_id}/nodes/{node_id}/artifact",
    summary="Download the file that a node put out",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def read_artifact(
    principal: CurrentPrincipal, run_id: str, node_id: str, scope: Scope = ""
) -> Response:
    """Served as an attachment and sandboxed, because its content is not ours; pictures may be shown."""
    data, media_type, name = await runs.artifact(principal, run_id, node_id, scope=scope)
    return Response(data, media_type=_safe(media_type), headers=disposition(media_type, name))


async def _messages(events: AsyncIterator[RunEvent]) -> AsyncIterator[Mapping[str, str]]:
    async for event in events:
        message = {"event": "run" if event.run else "node", "data": event.model_dump_json()}
        yield {**message, "id": event.id} if event.id else message


async def _each(events: list[RunEvent]) -> AsyncIterator[RunEvent]:
    for event in events:
        yield event


def _safe(media_type: str) -> str:
    """Return a media type that can stand in a header, whatever a server once said."""
    plain = media_type.isascii() and media_type.isprintable() and "/" in media_type
    return media_type if plain else "application/octet-stream"


def disposition(media_type: str, name: str) -> dict[str, str]:
    """Return the headers under which a file is sent that may hold anything."""
    kind = "inline" if media_type.partition(";")[0].strip().lower() in SHOWN_INLINE else "attachment"
    return {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name[:LONGEST_NAME], safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
