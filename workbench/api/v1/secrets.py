"""`/secrets`: names can be listed, values can only be written."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, SecretStr

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.services import secrets
from workbench.services.shapes import Page

router = APIRouter(prefix="/secrets", tags=["secrets"])


class SecretValue(BaseModel):
    """What a secret shall hold."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    value: SecretStr


@router.get("", summary="List the names of secrets")
async def list_secrets(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None
) -> Page[secrets.Secret]:
    """By name. No route gives a value back."""
    return await secrets.list_secrets(principal, limit=limit, cursor=cursor)


@router.put("/{name}", status_code=204, summary="Store a secret")
async def put_secret(principal: CurrentPrincipal, name: str, body: SecretValue) -> None:
    """Steps read it as `{{ secrets.NAME }}`, in fields that may hold secrets."""
    await secrets.put_secret(principal, name=name, value=body.value.get_secret_value())


@router.delete("/{name}", status_code=204, summary="Forget a secret")
async def delete_secret(principal: CurrentPrincipal, name: str) -> None:
    """Steps that name it fail from now on."""
    await secrets.delete_secret(principal, name=name)
