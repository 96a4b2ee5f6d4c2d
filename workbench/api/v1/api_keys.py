"""`/api-keys`: the keys by which programs call this API. Each is shown once; only its hash is stored."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentCaller, CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.auth.roles import Action
from workbench.errors import NotFound
from workbench.services import api_keys
from workbench.services.api_keys import ApiKey, Kind, MadeKey, Wanted
from workbench.services.shapes import Page, Shape

router = APIRouter(prefix="/api-keys", tags=["api-keys"])


class KeyAsked(BaseModel):
    """The key to make. A `personal` one acts for you, a `service` one for a program of this workspace."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "personal"
    name: str = Field(max_length=api_keys.MAX_NAME)
    actions: set[Action] = Field(description="What it shall allow, as far as you may do it yourself.")
    workspaces: list[str] = Field(
        default_factory=list, max_length=100, description="Where; without: where it is made."
    )
    expires_at: AwareDatetime | None = None


class PresentKey(Shape):
    """The key by which a request was made, and what it allows in that request's workspace."""

    id: str
    name: str
    workspace: str
    actions: tuple[str, ...]


@router.post("", status_code=201, summary="Make an API key")
async def make_key(principal: CurrentPrincipal, body: KeyAsked, response: Response) -> MadeKey:
    """The answer's `key` is what to send as `Authorization: Bearer …`. It is shown this once."""
    wanted = Wanted(body.name, frozenset(body.actions), tuple(body.workspaces), body.expires_at)
    make = api_keys.make_key if body.kind == "personal" else api_keys.make_service_key
    made = await make(principal, wanted)
    response.headers["Location"] = f"/api/v1/api-keys/{made.id}"
    response.headers["Cache-Control"] = "no-store"
    return made


@router.get("", summary="List API keys, newest first")
async def list_keys(
    principal: CurrentPrincipal,
    kind: Annotated[Kind, Query(description="Your own, or those of the workspace's programs.")] = "personal",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ApiKey]:
    """Without those that were revoked. Nobody can read back what a key is."""
    found = api_keys.list_keys if kind == "personal" else api_keys.list_service_keys
    return await found(principal, limit=limit, cursor=cursor)


@router.get("/current", summary="Read the API key that this request is made with")
async def read_present(caller: CurrentCaller) -> PresentKey:
    """404 when it is made with none."""
    if caller.key is None:
        raise NotFound("This request is not made with an API key.")
    principal = caller.principal
    return PresentKey(
        id=caller.key.id,
        name=caller.key.name,
        workspace=principal.workspace,
        actions=tuple(sorted(principal.actions)),
    )


@router.get("/{key_id}", summary="Read an API key")
async def read_key(principal: CurrentPrincipal, key_id: str) -> ApiKey:
    """What it allows and when it was last used, to the minute."""
    return await api_keys.get_key(principal, key_id)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(principal: CurrentPrincipal, key_id: str) -> None:
    """It is refused from the next request on, everywhere."""
    await api_keys.revoke_key(principal, key_id)
