"""`/providers`: the identity providers of the installation, for its administrators."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from workbench.api.principal import CurrentPrincipal
from workbench.auth.provider_settings import ProviderSettings
from workbench.services import providers

router = APIRouter(prefix="/providers", tags=["providers"])

Name = Annotated[str, Field(max_length=80)]
Address = Annotated[str, Field(max_length=1_000)]
ClientId = Annotated[str, Field(max_length=400)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewProvider(_Body):
    """A provider that is set up. Without an `id` it gets one from its name."""

    id: Annotated[str, Field(max_length=40)] = ""
    name: Name
    issuer: Address
    client_id: ClientId
    secret: SecretStr = SecretStr("")
    settings: ProviderSettings = ProviderSettings()


class ChangedProvider(_Body):
    """What is changed of a provider; what is left out stays."""

    name: Name | None = None
    client_id: ClientId | None = None
    secret: SecretStr | None = None
    settings: ProviderSettings | None = None
    enabled: bool | None = None


class Issuer(_Body):
    """An issuer to ask."""

    issuer: Address


class Mappings(_Body):
    """The whole table of a provider."""

    mappings: Annotated[tuple[providers.Mapping, ...], Field(max_length=providers.MOST_RULES)]


@router.get("", summary="List identity providers")
async def list_providers(principal: CurrentPrincipal) -> tuple[providers.Provider, ...]:
    """By name. No route gives a secret back."""
    return await providers.list_providers(principal)


@router.post("", status_code=201, summary="Set up an identity provider")
async def add_provider(principal: CurrentPrincipal, body: NewProvider) -> providers.Provider:
    """It is in use at once. The answer says which addresses are registered there."""
    given = body.model_dump(exclude={"secret", "settings"})
    secret = body.secret.get_secret_value()
    return await providers.add_provider(principal, **given, secret=secret, settings=body.settings)


@router.post("/test", summary="Ask an issuer what it says of itself")
async def test_provider(principal: CurrentPrincipal, body: Issuer) -> providers.Tested:
    """Discovery, asked now; nothing is stored."""
    return await providers.test_provider(principal, issuer=body.issuer)


@router.get("/{provider_id}", summary="Read an identity provider")
async def get_provider(principal: CurrentPrincipal, provider_id: str) -> providers.Provider:
    """Without its secret."""
    return await providers.get_provider(principal, provider_id)


@router.patch("/{provider_id}", summary="Change an identity provider")
async def change_provider(
    principal: CurrentPrincipal, provider_id: str, body: ChangedProvider
) -> providers.Provider:
    """An empty secret makes it a client without one; `enabled: false` ends its sessions within a minute."""
    changes = body.model_dump(exclude={"secret"}, exclude_none=True)
    if body.secret is not None:
        changes["secret"] = body.secret.get_secret_value()
    return await providers.change_provider(principal, provider_id, changes=changes)


@router.get("/{provider_id}/mappings", summary="Read what a provider's claims give")
async def get_mappings(principal: CurrentPrincipal, provider_id: str) -> tuple[providers.Mapping, ...]:
    """The whole table."""
    return await providers.get_mappings(principal, provider_id)


@router.put("/{provider_id}/mappings", summary="Say what a provider's claims give")
async def set_mappings(
    principal: CurrentPrincipal, provider_id: str, body: Mappings
) -> tuple[providers.Mapping, ...]:
    """In place of the whole table. It counts for each session within a minute."""
    return await providers.set_mappings(principal, provider_id, body.mappings)
