"""What the sign-in page offers beside the password."""

from urllib.parse import parse_qs, urlencode

import reflex as rx

from workbench.services import providers
from workbench.state.base import PublicState
from workbench.state.views import Choice


class SignInState(PublicState):
    """`offered` are the providers in use: where each one's button leads, and its name."""

    offered: list[Choice] = []

    @rx.event
    async def load(self) -> None:
        """List the providers; each leads on to the page that was asked for."""
        asked = parse_qs(self.router.url.query).get("next", [])[:1]
        query = f"?{urlencode({'next': asked[0]})}" if asked else ""
        self.offered = [Choice(one.start + query, one.name) for one in await providers.offered()]
