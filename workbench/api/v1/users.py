"""`/users`: the people of the installation, and oneself."""

from fastapi import APIRouter

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import absences, users
from workbench.services.absences import Absence, AbsenceChange
from workbench.services.shapes import Page
from workbench.services.users import Me, MeChange, User, UserChange, UserDetail

router = APIRouter(prefix="/users", tags=["people"])


@router.get("", summary="List people by name")
async def list_users(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None, search: str = ""
) -> Page[User]:
    """For administrators. `search` is a part of a name or of an e-mail address."""
    return await users.list_users(principal, limit=limit, cursor=cursor, search=search)


@router.get("/me", summary="Read who is calling")
async def read_me(principal: CurrentPrincipal) -> Me:
    """With what the caller may do in the workspace in which the request acts."""
    return await users.get_me(principal)


@router.patch("/me", summary="Change oneself")
async def change_me(principal: CurrentPrincipal, body: MeChange) -> Me:
    """What is not given stays as it is."""
    return await users.change_me(principal, body)


@router.get("/me/absence", summary="Read when one is away")
async def read_absence(principal: CurrentPrincipal) -> Absence | None:
    """Null when one is not, and will not be."""
    return await absences.mine(principal)


@router.put("/me/absence", summary="Say when one is away, and who stands in")
async def set_absence(principal: CurrentPrincipal, body: AbsenceChange) -> Absence:
    """Meanwhile new tasks that name you are asked of the stand-in too."""
    return await absences.leave(principal, body)


@router.delete("/me/absence", status_code=204, summary="Be back")
async def end_absence(principal: CurrentPrincipal) -> None:
    """Tasks of meanwhile stay with those who were asked."""
    await absences.come_back(principal)


@router.get("/{user_id}", summary="Read a person")
async def read_user(principal: CurrentPrincipal, user_id: str) -> UserDetail:
    """With their groups, and their roles in every workspace."""
    return await users.get_user(principal, user_id)


@router.patch("/{user_id}", summary="Change a person")
async def change_user(principal: CurrentPrincipal, user_id: str, body: UserChange) -> UserDetail:
    """Who is disabled is signed out everywhere at once. The last administrator stays one."""
    return await users.change_user(principal, user_id, body)
