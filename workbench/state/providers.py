"""The list of identity providers, and the form that sets up another."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.errors import Conflict, Invalid, Unavailable
from workbench.services import providers
from workbench.services.providers import Provider
from workbench.state.base import AppState

_FIELDS = ("name", "issuer", "client_id", "secret")


@dataclass(frozen=True)
class ProviderView:
    """A provider in the list."""

    name: str
    issuer: str
    href: str
    enabled: bool

    @classmethod
    def of(cls, provider: Provider) -> "ProviderView":
        """Return the view of a provider."""
        return cls(provider.name, provider.issuer, routes.provider(provider.id), provider.enabled)


class ProvidersState(AppState):
    """`issuer` is what stands in the form; `told` what that issuer says of itself, or `error` why not."""

    rows: list[ProviderView] = []
    loaded: bool = False
    issuer: str = ""
    told: list[str] = []
    error: str = ""

    @rx.event
    async def load(self) -> None:
        """List the providers."""
        self.told, self.error, self.issuer = [], "", ""
        async with self._guarded():
            found = await providers.list_providers(self.principal)
            self.rows = [ProviderView.of(provider) for provider in found]
            self.loaded = True

    @rx.event
    def note_issuer(self, issuer: str) -> None:
        """Keep what was typed, to test it."""
        self.issuer, self.told, self.error = issuer, [], ""

    @rx.event
    async def test(self) -> None:
        """Ask the issuer what it says of itself."""
        self.told, self.error = [], ""
        try:
            found = await providers.test_provider(self.principal, issuer=self.issuer)
        except (Invalid, Unavailable) as error:
            self.error = str(error)
            return
        self.told = [f"People sign in at {found.authorization_endpoint}", *found.notes]

    @rx.event
    async def add(self, form: dict[str, Any]) -> EventSpec | None:
        """Set up a provider that answers, and go to its page."""
        name, issuer, client_id, secret = (str(form.get(field, "")) for field in _FIELDS)
        try:
            await providers.test_provider(self.principal, issuer=issuer)
            added = await providers.add_provider(
                self.principal, name=name, issuer=issuer, client_id=client_id, secret=secret
            )
        except (Invalid, Conflict, Unavailable) as error:
            self.error, self.told = str(error), []
            return None
        there: EventSpec = rx.redirect(routes.provider(added.id))
        return there
