"""The settings page: whether the services behind the workbench are well, and where it keeps what it keeps."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version

import reflex as rx

from workbench.services import health
from workbench.settings import Settings, get_settings
from workbench.state.base import AppState
from workbench.state.push import tabs
from workbench.state.views import Choice, ServiceView, iso


class SettingsState(AppState):
    """`facts` are the lines about this installation: what, and its value."""

    services: list[ServiceView] = []
    facts: list[Choice] = []
    checked_at: str = ""

    @rx.event
    async def load(self) -> None:
        """Ask every service how it is."""
        tabs.forget(self.router.session.client_token)
        self.facts = facts_of(get_settings())
        async with self._guarded():
            report = await health.health()
            self.services = [ServiceView.of(name, service) for name, service in report.services.items()]
            self.checked_at = iso(datetime.now(UTC))


def facts_of(settings: Settings) -> list[Choice]:
    """Return what a person needs to know to find their data or to ask for help."""
    return [
        Choice(str(settings.data_dir), "Data directory"),
        Choice(settings.url, "Address"),
        Choice(version("workbench"), "Workbench"),
        Choice(platform.python_version(), "Python"),
    ]
