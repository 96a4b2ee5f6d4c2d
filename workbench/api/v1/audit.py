"""`/audit`: who changed whose access, and who was refused."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import audit_log
from workbench.services.audit_log import Entry, Format, Verdict, Wanted
from workbench.services.shapes import Page

router = APIRouter(prefix="/audit", tags=["audit"])

_MEDIA_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def wanted(
    workspace: Annotated[str | None, Query(description="Of a workspace; administrators only.")] = None,
    actor: Annotated[str, Query(max_length=200, description="An id, or a part of a name.")] = "",
    action: Annotated[str, Query(max_length=200, description="Such as `members` or `members:write`.")] = "",
    target: Annotated[str, Query(max_length=200, description="Such as `user:` or `user:<id>`.")] = "",
    outcome: Literal["", "done", "refused"] = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Wanted:
    """Return what the query asks for."""
    return Wanted(workspace, actor, action, target, outcome, since, until)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("", summary="Read the audit log, newest first")
async def list_entries(
    principal: CurrentPrincipal, asked: Asked, limit: Limit = 50, cursor: Cursor = None
) -> Page[Entry]:
    """Admins read their workspace's entries, and when its people sign in; administrators all."""
    return await audit_log.list_entries(principal, asked, limit=limit, cursor=cursor)


@router.get(
    "/export",
    summary="Export the audit log",
    response_class=StreamingResponse,
    responses={200: {"content": {kind: {} for kind in _MEDIA_TYPES.values()}}},
)
async def export(principal: CurrentPrincipal, asked: Asked, format: Format = "ndjson") -> StreamingResponse:
    """Oldest first, with the hashes by which `verify` and others check it."""
    lines = audit_log.export(principal, asked, format)
    first = await anext(lines, None)  # a refusal is an answer of its own, not a file that breaks off
    disposition = {"Content-Disposition": f'attachment; filename="audit.{format}"'}
    return StreamingResponse(_with(first, lines), media_type=_MEDIA_TYPES[format], headers=disposition)


@router.get("/verify", summary="Check that nothing in the audit log was altered")
async def verify(principal: CurrentPrincipal) -> Verdict:
    """Reads all of it. Keep `head` elsewhere to see later whether the newest entries were cut off."""
    return await audit_log.verify(principal)


async def _with(first: str | None, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    if first is not None:
        yield first
    async for line in rest:
        yield line
