"""`/invitations`, and the links by which people set a new password. What a link does is below `/auth`."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.auth.roles import Role
from workbench.services import invitations
from workbench.services.invitations import Invitation, Link

router = APIRouter(tags=["invitations"])


class Invite(BaseModel):
    """Who is invited, and with which roles in the workspace."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=1_000)
    roles: list[Role] = Field(min_length=1, max_length=len(Role))


@router.get("/invitations", summary="List invitations")
async def list_invitations(principal: CurrentPrincipal) -> tuple[Invitation, ...]:
    """Those of the workspace that were not taken yet and are still good, the newest first."""
    return await invitations.list_invitations(principal)


@router.post("/invitations", status_code=201, summary="Invite somebody into the workspace")
async def invite(principal: CurrentPrincipal, body: Invite) -> Link:
    """The answer holds the link, which is not shown again: it is good once, for seven days."""
    return await invitations.invite(principal, email=body.email, roles=body.roles)


@router.delete("/invitations/{invitation_id}", status_code=204, summary="Withdraw an invitation")
async def withdraw(principal: CurrentPrincipal, invitation_id: str) -> None:
    """Its link is good for nothing from now on."""
    await invitations.withdraw(principal, invitation_id)


@router.post("/users/{user_id}/reset", status_code=201, summary="Let somebody set a new password")
async def reset_password(principal: CurrentPrincipal, user_id: str) -> Link:
    """The answer holds the link, which is not shown again: it is good once, for a day."""
    return await invitations.reset_password(principal, user_id)
