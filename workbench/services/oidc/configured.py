"""The providers as they are configured, with their secrets opened; what is known of their issuers."""

from dataclasses import dataclass

from workbench.auth.claims import Grants, Rule, granted, said
from workbench.auth.oidc import Issuer
from workbench.auth.oidc_client import OidcClient
from workbench.auth.provider_settings import ProviderSettings
from workbench.auth.tokens import Claims
from workbench.db import providers as queries
from workbench.db.tables import MappingRow, ProviderRow
from workbench.errors import NotFound
from workbench.services.access import everywhere
from workbench.services.resources import get_resources
from workbench.services.sealing import SealingKeys

_issuers: dict[str, Issuer] = {}


@dataclass(frozen=True)
class Provider:
    """A provider that is in use. `secret` is None for a client without one."""

    id: str
    name: str
    issuer: Issuer
    client_id: str
    secret: str | None
    settings: ProviderSettings
    rules: tuple[Rule, ...]

    async def client(self) -> OidcClient:
        """Return the workbench as this provider's client. Raises Unavailable."""
        metadata = await self.issuer.metadata()
        return OidcClient(metadata, client_id=self.client_id, secret=self.secret, scope=self.settings.scope)

    def grants(self, claims: Claims) -> Grants:
        """Return what somebody with these claims gets."""
        held = said(claims, client_id=self.client_id, groups_claim=self.settings.groups_claim)
        return granted(self.rules, held)


async def provider(provider_id: str) -> Provider:
    """Return a provider that is in use. Raises NotFound."""
    with everywhere():
        async with get_resources().transaction() as session:
            row = await queries.get(session, provider_id)
            rules = await queries.mappings(session, row.id) if row else ()
    if row is None or not row.enabled:
        raise NotFound("There is no such identity provider here, or it is not in use.")
    return _opened(row, tuple(rules))


async def of_issuer(issuer: str) -> Provider | None:
    """Return the provider in use with that issuer."""
    with everywhere():
        async with get_resources().transaction() as session:
            row = await queries.by_issuer(session, issuer)
            rules = await queries.mappings(session, row.id) if row else ()
    return _opened(row, tuple(rules)) if row and row.enabled else None


def sealed_as(provider_id: str) -> str:
    """Return the name that is sealed in with a provider's secret."""
    return f"provider/{provider_id}"


def rule_of(row: MappingRow) -> Rule:
    """Return a line of the table of mappings."""
    return Rule(**row.model_dump(exclude={"id", "provider_id"}))


def _opened(row: ProviderRow, rules: tuple[MappingRow, ...]) -> Provider:
    secret = None
    if row.secret_sealed is not None and row.secret_key_id is not None:
        keys = SealingKeys.of(get_resources().settings)
        secret = keys.open(sealed_as(row.id), row.secret_sealed, row.secret_key_id)
    return Provider(
        id=row.id,
        name=row.name,
        issuer=_issuers.setdefault(row.issuer, Issuer(row.issuer)),
        client_id=row.client_id,
        secret=secret,
        settings=ProviderSettings.model_validate(row.settings),
        rules=tuple(rule_of(rule) for rule in rules),
    )
