"""`/groups`: groups of people, and who is in them."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import groups
from workbench.services.groups import Group, GroupMember
from workbench.services.shapes import Page

router = APIRouter(prefix="/groups", tags=["people"])


class GroupName(BaseModel):
    """What a group is called."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Finance"}]})

    name: str


@router.get("", summary="List groups by name")
async def list_groups(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None, search: str = ""
) -> Page[Group]:
    """`search` is a part of the name."""
    return await groups.list_groups(principal, limit=limit, cursor=cursor, search=search)


@router.post("", status_code=201, summary="Make a group")
async def make_group(principal: CurrentPrincipal, body: GroupName) -> Group:
    """Nobody is in it yet."""
    return await groups.make_group(principal, name=body.name)


@router.patch("/{group_id}", status_code=204, summary="Rename a group")
async def rename_group(principal: CurrentPrincipal, group_id: str, body: GroupName) -> None:
    """Refused with 409 when there is another of this name."""
    await groups.rename_group(principal, group_id, name=body.name)


@router.delete("/{group_id}", status_code=204, summary="Delete a group")
async def delete_group(principal: CurrentPrincipal, group_id: str) -> None:
    """Its people lose what they had through it."""
    await groups.delete_group(principal, group_id)


@router.get("/{group_id}/people", summary="List a group's people by name")
async def list_people(
    principal: CurrentPrincipal, group_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[GroupMember]:
    """`fixed` are those whom an identity provider puts into the group."""
    return await groups.list_people(principal, group_id, limit=limit, cursor=cursor)


@router.put("/{group_id}/people/{user_id}", status_code=204, summary="Put a person into a group")
async def put_person(principal: CurrentPrincipal, group_id: str, user_id: str) -> None:
    """Nothing happens when they are in it already."""
    await groups.put_person(principal, group_id, user_id)


@router.delete("/{group_id}/people/{user_id}", status_code=204, summary="Take a person out of a group")
async def take_person(principal: CurrentPrincipal, group_id: str, user_id: str) -> None:
    """Refused with 409 where an identity provider put them."""
    await groups.take_person(principal, group_id, user_id)
