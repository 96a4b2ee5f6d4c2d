"""`/hitl/tasks/{task_id}/…`: what belongs to one task: its data, files, comments, precedents, a snooze."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.runs import disposition
from workbench.services import task_comments, task_files, task_similar, task_snoozes, tasks
from workbench.services.task_shapes import TaskDetail
from workbench.services.task_similar import Precedent

router = APIRouter(prefix="/hitl/tasks/{task_id}", tags=["inbox"])

_PERSON = "0199e3a5-0000-7000-8000-000000000000"


class Said(BaseModel):
    """What is said about a task, as Markdown.

    `mentions` are the ids of the people whom the text names; `files` what `POST …/files` gave.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "Is this urgent?"},
                {"text": "@Bob, have a look at the invoice.", "mentions": [_PERSON]},
            ]
        },
    )

    text: str = Field(default="", max_length=task_comments.LONGEST)
    mentions: list[str] = Field(default_factory=list, max_length=task_comments.MOST_MENTIONS)
    files: list[dict[str, Any]] = Field(default_factory=list, max_length=task_comments.MOST_FILES)


class SaidAnew(BaseModel):
    """What is to stand in place of what one said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "It is urgent."}]})

    text: str = Field(default="", max_length=task_comments.LONGEST)
    mentions: list[str] = Field(default_factory=list, max_length=task_comments.MOST_MENTIONS)


class Snooze(BaseModel):
    """Until when a task shall be out of sight."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"until": "2027-01-04T08:00:00+01:00"}]}
    )

    until: AwareDatetime


class Snoozed(BaseModel):
    """Until when a task is out of sight; null when it is not."""

    until: AwareDatetime | None = None


@router.post("/comments", status_code=201, summary="Comment on a task")
async def comment(principal: CurrentPrincipal, task_id: str, body: Said) -> TaskDetail:
    """Markdown; the task is returned with all that was said. Who is mentioned is told."""
    return await task_comments.comment(
        principal, task_id, text=body.text, mentions=body.mentions, files=body.files
    )


@router.patch("/comments/{comment_id}", summary="Change a comment of one's own")
async def edit_comment(
    principal: CurrentPrincipal, task_id: str, comment_id: str, body: SaidAnew
) -> TaskDetail:
    """403 for somebody else's. That it was changed stays in the history."""
    return await task_comments.edit(principal, task_id, comment_id, text=body.text, mentions=body.mentions)


@router.delete("/comments/{comment_id}", summary="Take back a comment of one's own")
async def delete_comment(principal: CurrentPrincipal, task_id: str, comment_id: str) -> TaskDetail:
    """403 for somebody else's. That it was taken back stays in the history."""
    return await task_comments.delete(principal, task_id, comment_id)


@router.get("/data", summary="Read what is decided about")
async def read_data(principal: CurrentPrincipal, task_id: str) -> Any:
    """The data alone, as JSON, as it was edited last."""
    return (await tasks.get_task(principal, task_id)).data


@router.post(
    "/files",
    status_code=201,
    summary="Put a file to a task",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload(
    principal: CurrentPrincipal,
    request: Request,
    task_id: str,
    name: Annotated[str, Query(max_length=task_files.LONGEST_NAME)] = "",
) -> dict[str, Any]:
    """The body is the file, its `Content-Type` the media type. At most 8 MB.

    The answer stands for the file in a comment's `files`, or in the answer to a form.
    """
    media_type = request.headers.get("content-type", "")
    return await task_files.upload(principal, task_id, await request.body(), name=name, media_type=media_type)


@router.get(
    "/files/{digest}",
    summary="Download a file of a task",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def read_file(principal: CurrentPrincipal, task_id: str, digest: str) -> Response:
    """Served as an attachment and sandboxed, because its content is not ours; pictures may be shown.

    `digest` is what follows `sha256:` in the file's `$artifact`.
    """
    data, media_type, name = await task_files.read(principal, task_id, digest)
    return Response(data, media_type=media_type, headers=disposition(media_type, name))


@router.get("/similar", summary="See how tasks like this were decided")
async def similar(principal: CurrentPrincipal, task_id: str) -> tuple[Precedent, ...]:
    """At most five of the same step, the most similar first; `same` and `near` name the fields that count."""
    return await task_similar.similar(principal, task_id)


@router.get("/snooze", summary="See until when one has put a task away")
async def read_snooze(principal: CurrentPrincipal, task_id: str) -> Snoozed:
    """For oneself alone."""
    return Snoozed(until=await task_snoozes.snoozed_until(principal, task_id))


@router.put("/snooze", summary="Put a task away until a time")
async def snooze(principal: CurrentPrincipal, task_id: str, body: Snooze) -> Snoozed:
    """For oneself alone: until then it stands only in the queue `snoozed`."""
    return Snoozed(until=await task_snoozes.snooze(principal, task_id, until=body.until))


@router.delete("/snooze", status_code=204, summary="Take a task back into one's queues")
async def wake(principal: CurrentPrincipal, task_id: str) -> None:
    """Nothing happens where it was not put away."""
    await task_snoozes.wake(principal, task_id)
