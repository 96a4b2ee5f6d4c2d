"""`/workspaces`: the caller's own; for administrators all of them."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from workbench.api.principal import CurrentCaller, CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import workspaces
from workbench.services.shapes import Page
from workbench.services.workspaces import Workspace, WorkspaceChange

router = APIRouter(prefix="/workspaces", tags=["people"])


class WorkspaceName(BaseModel):
    """What a workspace is called."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Research"}]})

    name: str


@router.get("", summary="List workspaces by name")
async def list_workspaces(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None
) -> Page[Workspace]:
    """Those to which the caller belongs; for administrators all, the archived ones too."""
    return await workspaces.list_workspaces(principal, limit=limit, cursor=cursor)


@router.post("", status_code=201, summary="Make a workspace")
async def make_workspace(principal: CurrentPrincipal, body: WorkspaceName) -> Workspace:
    """Nobody belongs to it yet but the administrators."""
    return await workspaces.make_workspace(principal, name=body.name)


@router.patch("/{workspace_id}", summary="Rename or archive a workspace")
async def change_workspace(
    principal: CurrentPrincipal, workspace_id: str, body: WorkspaceChange
) -> Workspace:
    """A workspace is never deleted. Archiving is refused with 409 while something in it is at work."""
    return await workspaces.change_workspace(principal, workspace_id, body)


@router.post("/{workspace_id}/choose", status_code=204, summary="Act in another workspace")
async def choose(caller: CurrentCaller, workspace_id: str) -> None:
    """Counts for the whole session; a single request names its workspace in `Workbench-Workspace`."""
    await workspaces.choose(caller.principal, workspace_id, session=caller.session)
