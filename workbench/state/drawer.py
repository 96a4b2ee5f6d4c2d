"""The drawer below the canvas: problems, the run's result, its timeline."""

import reflex as rx

from workbench.state.base import AppState


class DrawerState(AppState):
    """Which tab of the drawer is shown; empty when it is closed."""

    tab: str = ""

    @rx.event
    def show(self, tab: str) -> None:
        """Open the drawer at `tab`; the tab that is open already closes it."""
        self.tab = "" if self.tab == tab else tab

    @rx.event
    def close(self) -> None:
        """Close the drawer."""
        self.tab = ""
