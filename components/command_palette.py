"""The Ctrl+K palette: go to a page, open a workflow or an example, or press a button of this page by name.

A button takes part by carrying `data-command` with what it does in words; the palette finds it on the page.
"""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components.scripts import script
from workbench.state.palette import PaletteEntry, PaletteState

_JSX = script(__name__, "command_palette.jsx")


class CommandPalette(rx.Component):
    """Opens on Ctrl+K. `places` are always there; `entries` arrive after `on_open` was reported."""

    library = _JSX
    tag = "CommandPalette"

    places: rx.Var[list[dict[str, str]]]
    entries: rx.Var[list[PaletteEntry]]

    on_open: rx.EventHandler[passthrough_event_spec()]


def command_palette(places: list[dict[str, Any]]) -> rx.Component:
    """Return the palette with `places` (label, href, keys) as its fixed entries."""
    return CommandPalette.create(places=places, entries=PaletteState.entries, on_open=PaletteState.load)
