"""`/members`: who belongs to the workspace in which the request acts, and with which roles."""

from fastapi import APIRouter

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import members
from workbench.services.members import Candidate, Member, Roles
from workbench.services.shapes import Page

router = APIRouter(prefix="/members", tags=["people"])


@router.get("", summary="List members by name")
async def list_members(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None, search: str = ""
) -> Page[Member]:
    """People and groups with their roles, and what gives them each. `search` is a part of a name."""
    return await members.list_members(principal, limit=limit, cursor=cursor, search=search)


@router.get("/candidates", summary="Find people and groups to give a role to")
async def find_candidates(principal: CurrentPrincipal, search: str = "") -> tuple[Candidate, ...]:
    """A few of the whole installation whose name or e-mail address has `search` in it."""
    return await members.find_candidates(principal, search=search)


@router.put("/{subject_id}", summary="Give a person or a group exactly these roles")
async def set_roles(principal: CurrentPrincipal, subject_id: str, body: Roles) -> Member:
    """Roles that come from a group or an identity provider stay. The last admin stays one."""
    return await members.set_roles(principal, subject_id, body.roles)


@router.delete("/{subject_id}", status_code=204, summary="Take all roles from a person or a group")
async def remove(principal: CurrentPrincipal, subject_id: str) -> None:
    """Roles that come from a group or an identity provider stay."""
    await members.set_roles(principal, subject_id, frozenset())
