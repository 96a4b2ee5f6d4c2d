"""`/workflows`: drafts and versions."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from engine.errors import Problem
from engine.graph import Document
from workbench.api.bodies import read_document, read_object
from workbench.api.principal import CurrentPrincipal
from workbench.db.paging import MAX_LIMIT
from workbench.errors import Invalid
from workbench.services import checks, sharing, workflows
from workbench.services.shapes import Page, Version, WorkflowDetail, WorkflowSummary
from workbench.services.sharing import AccessChange, WorkflowAccess

router = APIRouter(tags=["workflows"])

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]

_DOCUMENT = {
    "type": "object",
    "description": "A workflow document; its schema is at `/api/v1/schemas/document`.",
}


def _body(**properties: Any) -> dict[str, Any]:
    """Return the OpenAPI description of a body that is read by hand, because it may be large."""
    required = [name for name, schema in properties.items() if not schema.pop("optional", False)]
    schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


class Problems(BaseModel):
    """Everything that keeps a document from being run; empty when nothing does."""

    problems: tuple[Problem, ...]


class VersionDocument(Version):
    """A version with its document."""

    document: Document


@router.get("/workflows", summary="List workflows, newest first")
async def list_workflows(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None, search: str = ""
) -> Page[WorkflowSummary]:
    """`search` is a part of the name, whatever its case."""
    return await workflows.list_workflows(principal, limit=limit, cursor=cursor, search=search)


@router.post(
    "/workflows",
    status_code=201,
    summary="Create a workflow",
    openapi_extra=_body(name={"type": "string", "optional": True}, document=dict(_DOCUMENT)),
)
async def create_workflow(
    principal: CurrentPrincipal, request: Request, response: Response
) -> WorkflowDetail:
    """Store a document as a new workflow's draft. Settings and expressions may be unfinished."""
    body = _only(await read_object(request), "name", "document")
    name = body.get("name")
    if name is not None and not (isinstance(name, str) and 1 <= len(name) <= 200):
        raise _wrong("name", "The name has to be a text of 1 to 200 characters.")
    document = await read_document(body.get("document"))
    created = await workflows.create_workflow(principal, document=document, name=name)
    response.headers["Location"] = f"/api/v1/workflows/{created.id}"
    return created


@router.get("/workflows/{workflow_id}", summary="Read a workflow and its draft")
async def read_workflow(principal: CurrentPrincipal, workflow_id: str) -> WorkflowDetail:
    """The draft comes with its problems and its revision."""
    return await workflows.get_workflow(principal, workflow_id)


@router.put(
    "/workflows/{workflow_id}/draft",
    summary="Replace the draft",
    openapi_extra=_body(
        revision={"type": "integer", "description": "The revision that the document is based on."},
        document=dict(_DOCUMENT),
    ),
)
@router.put("/workflows/{workflow_id}", include_in_schema=False)
async def replace_draft(principal: CurrentPrincipal, workflow_id: str, request: Request) -> WorkflowDetail:
    """Refused with 409 and both revisions when the draft has moved on. `If-Match` may carry the revision."""
    body = _only(await read_object(request), "revision", "document")
    revision = _revision(body.get("revision"), request.headers.get("if-match"))
    document = await read_document(body.get("document"))
    return await workflows.replace_draft(principal, workflow_id, document=document, revision=revision)


@router.delete("/workflows/{workflow_id}", status_code=204, summary="Delete a workflow")
async def delete_workflow(principal: CurrentPrincipal, workflow_id: str) -> None:
    """Its runs stay readable. Refused with 409 while one of them has not ended, or another workflow calls it.

    Another one calls it by its draft, its live version, or a run that has not ended; they are named.
    """
    await workflows.delete_workflow(principal, workflow_id)


@router.post("/workflows/{workflow_id}/check", summary="Check the draft")
@router.get("/workflows/{workflow_id}/check", include_in_schema=False)
async def check_draft(principal: CurrentPrincipal, workflow_id: str) -> Problems:
    """Name everything that keeps the draft from being run. Nothing is executed."""
    return Problems(problems=await workflows.check_draft(principal, workflow_id))


@router.post("/workflows/{workflow_id}/publish", status_code=201, summary="Publish the draft")
async def publish(principal: CurrentPrincipal, workflow_id: str) -> Version:
    """Make the draft the live version. Content that was published before becomes live under its number."""
    return await workflows.publish(principal, workflow_id)


@router.get("/workflows/{workflow_id}/access", summary="Read who sees a workflow")
async def read_access(principal: CurrentPrincipal, workflow_id: str) -> WorkflowAccess:
    """Everybody in its workspace or, if it is narrowed, those whom it is open to, and admins."""
    return await sharing.get_access(principal, workflow_id)


@router.put("/workflows/{workflow_id}/access", summary="Say who sees a workflow")
async def set_access(principal: CurrentPrincipal, workflow_id: str, body: AccessChange) -> WorkflowAccess:
    """Who narrows a workflow stays in. Published versions that call it go on doing so, and so do triggers."""
    return await sharing.set_access(principal, workflow_id, body)


@router.get("/workflows/{workflow_id}/versions", summary="List published versions, newest first")
async def list_versions(
    principal: CurrentPrincipal, workflow_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[Version]:
    """Versions are immutable."""
    return await workflows.list_versions(principal, workflow_id, limit=limit, cursor=cursor)


@router.get("/workflows/{workflow_id}/versions/{number}", summary="Read a version and its document")
async def read_version(principal: CurrentPrincipal, workflow_id: str, number: int) -> VersionDocument:
    """The document is exactly what was published."""
    version, document = await workflows.get_version(principal, workflow_id, number=number)
    return VersionDocument(**version.model_dump(), document=document)


@router.post(
    "/check", summary="Check a document that is not stored", openapi_extra=_body(document=dict(_DOCUMENT))
)
async def check_document(principal: CurrentPrincipal, request: Request) -> Problems:
    """Name everything that is wrong with a document. Nothing is stored or executed.

    The body is `{"document": …}` or the document itself.
    """
    body = await read_object(request)
    return Problems(problems=await checks.examine(principal, body.get("document", body)))


def _only(body: Mapping[str, Any], *known: str) -> Mapping[str, Any]:
    """Return a body that has no other fields than these: what is not taken is not passed over in silence."""
    for field in body:
        if field not in known:
            raise _wrong(field[:64], f"There is no field {field[:64]!r} here; known are {', '.join(known)}.")
    return body


def _revision(given: Any, if_match: str | None) -> int:
    """Return the revision from the body, or from `If-Match: "3"`."""
    if given is None and if_match is not None:
        text = if_match.strip().removeprefix("W/").strip('"')
        given = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if not isinstance(given, int) or isinstance(given, bool):
        raise _wrong("revision", "Send the revision that your document is based on, a whole number.")
    return given


def _wrong(field: str, message: str) -> Invalid:
    hint = "Read the workflow to get it." if field == "revision" else ""
    return Invalid(message, (Problem(code=f"bad-{field}", field=field, message=message, hint=hint),))
