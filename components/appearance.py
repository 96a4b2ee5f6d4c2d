"""Light or dark: kept by the browser."""

import reflex as rx
from reflex.style import set_color_mode

MODES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))


def appearance() -> rx.Component:
    """Return the choice."""
    return rx.segmented_control.root(
        *[rx.segmented_control.item(label, value=mode) for mode, label in MODES],
        value=rx.color_mode,
        on_change=set_color_mode,
        size="1",
        data_testid="color-mode",
    )
