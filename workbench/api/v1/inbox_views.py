"""`/hitl/views`: the lists of the inbox that somebody keeps under names."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.services import inbox_views
from workbench.services.inbox_views import LONGEST_NAME, LONGEST_QUERY, InboxView

router = APIRouter(prefix="/hitl/views", tags=["inbox"])


class NewView(BaseModel):
    """A list to keep. `query` is what its address says, as `queue=mine&sort=due`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Urgent invoices", "query": "q=invoice&sort=due"}]},
    )

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    query: str = Field(max_length=LONGEST_QUERY)


class ChangedView(BaseModel):
    """What changes of a list that is kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Invoices"}]})

    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    query: str | None = Field(default=None, max_length=LONGEST_QUERY)


@router.get("", summary="List the lists that one keeps")
async def list_views(principal: CurrentPrincipal) -> tuple[InboxView, ...]:
    """Your own, by name."""
    return await inbox_views.list_views(principal)


@router.post("", status_code=201, summary="Keep a list")
async def keep(principal: CurrentPrincipal, body: NewView) -> InboxView:
    """409 when you keep one of that name."""
    return await inbox_views.keep(principal, name=body.name, query=body.query)


@router.patch("/{view_id}", summary="Rename a list, or let it show something else")
async def change(principal: CurrentPrincipal, view_id: str, body: ChangedView) -> InboxView:
    """404 for a list that is not yours."""
    return await inbox_views.change(principal, view_id, name=body.name, query=body.query)


@router.delete("/{view_id}", status_code=204, summary="Keep a list no longer")
async def delete(principal: CurrentPrincipal, view_id: str) -> None:
    """404 for a list that is not yours."""
    await inbox_views.delete(principal, view_id)
